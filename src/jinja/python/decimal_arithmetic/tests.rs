use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn print(result: Option<Decimal>) -> String {
    result.map_or_else(|| "InvalidOperation".to_owned(), |result| result.to_string())
}

/// The answers of Rust to a case, in the order of [`PYTHON`].
fn answers(left: &Decimal, right: &Decimal, places: i32) -> Vec<String> {
    let mut answers: Vec<String> = "+-*/q%"
        .chars()
        .map(|operator| match operator {
            '/' | 'q' | '%' if right.is_zero() => "zero".to_owned(),
            _ => print(left.operate(operator, right)),
        })
        .collect();
    answers.push((left.compare(right) as i32).to_string());
    answers.push(print(left.quantize(-places)));
    answers.push(left.truncated().to_string());
    answers.push(left.clone().normalized().to_string());
    answers
}

const PYTHON: &str = r"
import sys, decimal
from decimal import Decimal as D
sys.set_int_max_str_digits(0)
def attempt(f):
    try: return str(f())
    except decimal.InvalidOperation: return 'InvalidOperation'
for line in sys.stdin:
    l, r, n = line.split()
    a, b, n = D(l), D(r), int(n)
    whole = str(int(a))
    out = [attempt(lambda: a + b), attempt(lambda: a - b), attempt(lambda: a * b)]
    for f in (lambda: a / b, lambda: a // b, lambda: a % b):
        out.append('zero' if b == 0 else attempt(f))
    out += [str((a > b) - (a < b)), attempt(lambda: round(a, n))]
    out += [whole, attempt(lambda: a.normalize())]
    print('|'.join(out))
";

/// Numbers of all sizes: short ones, ones about the precision, ones far beyond 128 bits, ties, zeros.
fn number(dice: &mut u64) -> String {
    let mut below = |limit: u64| {
        *dice ^= *dice << 13;
        *dice ^= *dice >> 7;
        *dice ^= *dice << 17;
        (*dice >> 11) % limit
    };
    let length = match below(5) {
        0 => 1 + below(3),
        1 => 1 + below(12),
        2 => 26 + below(5),
        3 => 36 + below(6),
        _ => 1 + below(80),
    };
    let kind = below(6);
    let digits: String = (0..length)
        .map(|at| match kind {
            0 => '9',
            1 if at + 1 == length => '5',
            1 if at > 27 => '0',
            2 if at > 0 => '0',
            _ => char::from(b'0' + u8::try_from(below(10)).unwrap()),
        })
        .collect();
    let sign = ["", "-"][usize::try_from(below(2)).unwrap()];
    let exponent = i64::try_from(below(60)).unwrap() - 40;
    match below(3) {
        0 => format!("{sign}{digits}"),
        _ => format!("{sign}{digits}E{exponent}"),
    }
}

/// Python itself is the oracle where it is installed; else the recorded cases below are all there is.
#[test]
fn random_numbers_are_as_in_python() {
    let mut dice = 0x9e37_79b9_7f4a_7c15;
    let cases: Vec<(String, String, i32)> =
        (0..4000).map(|case| (number(&mut dice), number(&mut dice), case % 40 - 5)).collect();
    let python =
        Command::new("python3").args(["-c", PYTHON]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut python) = python else { return };
    let text: String = cases
        .iter()
        .fold(String::new(), |text, (left, right, places)| text + &format!("{left} {right} {places}\n"));
    let mut input = python.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let expected = String::from_utf8(output.stdout).unwrap();
    assert_eq!(expected.lines().count(), cases.len());
    for ((left, right, places), expected) in cases.iter().zip(expected.lines()) {
        let actual = answers(&decimal(left), &decimal(right), *places).join("|");
        assert_eq!(actual, expected, "{left} {right} {places}");
    }
}

/// Recorded from Python 3.11.
#[test]
fn the_edges_are_as_in_python() {
    for (left, operator, right, result) in [
        ("123456789012345678901234567890123456789012345", '+', "1", "1.234567890123456789012345679E+44"),
        ("170141183460469231731687303715884105728", '-', "1", "1.701411834604692317316873037E+38"),
        ("99999999999999999999", '*', "99999999999999999999", "9.999999999999999999800000000E+39"),
        ("1", '/', "3", "0.3333333333333333333333333333"),
        ("2", '/', "3", "0.6666666666666666666666666667"),
        ("1E+50", 'q', "3", "InvalidOperation"),
        ("9999999999999999999999999999", '+', "0.5", "1.000000000000000000000000000E+28"),
        ("1000000000000000000000000000", '+', "0.5", "1000000000000000000000000000"),
        ("1000000000000000000000000001", '+', "0.5", "1000000000000000000000000002"),
        ("-7", '%', "2", "-1"),
        ("-7", 'q', "2", "-3"),
        ("-0", '+', "-0", "-0"),
        ("5", '-', "5.00", "0.00"),
    ] {
        assert_eq!(
            print(decimal(left).operate(operator, &decimal(right))),
            result,
            "{left} {operator} {right}"
        );
    }
    assert_eq!(print(decimal("2.675").quantize(-2)), "2.68");
    assert_eq!(print(decimal("2.665").quantize(-2)), "2.66");
    assert_eq!(decimal("1E+40").compare(&decimal("1E+39")), Ordering::Greater);
    assert_eq!(decimal("-1E+199999").compare(&decimal("1E-199999")), Ordering::Less);
}
