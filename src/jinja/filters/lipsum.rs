//! Jinja2's `lipsum()`: paragraphs of words that mean nothing.

use minijinja::{Error, State, Value};

use super::super::python::{bind, escaped, expect_int, value_error};

const WORDS: [&str; 24] = [
    "ac", "amet", "arcu", "at", "diam", "dolor", "elit", "et", "felis", "id", "ipsum", "justo", "lacus",
    "libero", "magna", "mauris", "nulla", "odio", "quam", "risus", "sed", "tortor", "velit", "vitae",
];

/// Numbers that look drawn by chance; the same in each run.
struct Numbers(u64);

impl Numbers {
    fn between(&mut self, lowest: i64, end: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        lowest + i64::try_from(self.0 >> 34).unwrap_or_default() % (end - lowest).max(1)
    }
}

/// `lipsum(n=5, html=true, min=20, max=100)`
pub(super) fn lipsum(_: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
    let [count, html, min, max] = bind("lipsum", args, ["n", "html", "min", "max"])?;
    let number =
        |given: Option<Value>, default: i64| given.map_or(Ok(default), |given| expect_int("lipsum", &given));
    let (count, min, max) = (number(count, 5)?, number(min, 20)?, number(max, 100)?);
    if min >= max && count > 0 {
        return Err(value_error(format!("empty range in randrange({min}, {max})")));
    }
    let mut numbers = Numbers(20);
    let paragraphs: Vec<String> = (0..count).map(|_| paragraph(&mut numbers, min, max)).collect();
    if !html.is_none_or(|html| html.is_true()) {
        return Ok(Value::from(paragraphs.join("\n\n")));
    }
    let elements: Vec<String> = paragraphs.iter().map(|text| format!("<p>{}</p>", escaped(text))).collect();
    Ok(Value::from_safe_string(elements.join("\n")))
}

fn paragraph(numbers: &mut Numbers, min: i64, max: i64) -> String {
    let mut text = String::new();
    let mut begins = true;
    for _ in 0..numbers.between(min, max) {
        let word = WORDS[usize::try_from(numbers.between(0, 24)).unwrap_or_default()];
        if !text.is_empty() {
            text.push(' ');
        }
        let (first, rest) = word.split_at(1);
        text += &if begins { first.to_uppercase() } else { first.to_owned() };
        text += rest;
        begins = numbers.between(0, 12) == 0;
        text += if begins { "." } else { "" };
    }
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}
