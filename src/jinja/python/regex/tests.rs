//! Expressions on regular expressions and what Python prints for them.

use minijinja::Environment;

use crate::jinja::python::{call_method, to_str};

fn evaluate(expression: &str) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_unknown_method_callback(call_method);
    environment.add_global("re", super::module());
    Ok(to_str(&environment.compile_expression(expression)?.eval(())?))
}

#[test]
fn as_python() {
    let table = [
        ("re.match('a(b)?', 'abc').group()", "ab"),
        ("re.match('a(b)?', 'abc').group(1)", "b"),
        ("re.match('b', 'abc')", "None"),
        ("re.match('a(b)?', 'ac').groups()", "(None,)"),
        ("re.match('a(b)?', 'ac').group(1)", "None"),
        (r"re.search('(?P<y>\\d{4})-(?P<m>\\d\\d)', 'on 2024-05').groupdict()", "{'y': '2024', 'm': '05'}"),
        (r"re.search('(?P<y>\\d{4})-(?P<m>\\d\\d)', 'on 2024-05').group('m')", "05"),
        (r"re.search('(?P<y>\\d{4})-(?P<m>\\d\\d)', 'on 2024-05').group('y', 'm')", "('2024', '05')"),
        (r"re.search('(?P<y>\\d{4})-(?P<m>\\d\\d)', 'on 2024-05').span()", "(3, 10)"),
        (r"re.search('(?P<y>\\d{4})-(?P<m>\\d\\d)', 'on 2024-05').start('m')", "8"),
        ("re.search('x', 'abc')", "None"),
        ("re.search('é', 'café!').span()", "(3, 4)"),
        ("re.search('b', 'abc')", "<re.Match object; span=(1, 2), match='b'>"),
        ("re.fullmatch('a|ab', 'ab').group()", "ab"),
        ("re.fullmatch('a', 'ab')", "None"),
        (r"re.sub('\\s+', ' ', 'a  b \n c')", "a b c"),
        (r"re.sub('(\\w+) (\\w+)', '\\2 \\1', 'hello world')", "world hello"),
        (r"re.sub('(?P<a>x)', '[\\g<a>]', 'axb')", "a[x]b"),
        ("re.sub('[^a-zA-Z0-9_]+', '_', 'My Column (1)')", "My_Column_1_"),
        ("re.sub('x*', '-', 'abc')", "-a-b-c-"),
        ("re.sub('x*', '-', 'axb')", "-a--b-"),
        ("re.sub('a', 'b', 'aaa', 2)", "bba"),
        ("re.sub('a', 'b', 'aaa', count=1)", "baa"),
        ("re.sub('A', 'b', 'aaa', flags=re.IGNORECASE)", "bbb"),
        (r"re.sub('^', '> ', 'a\nb', flags=re.M)", "> a\n> b"),
        ("re.subn('a', 'b', 'aaa')", "('bbb', 3)"),
        (r"re.split(',\\s*', 'a, b,c')", "['a', 'b', 'c']"),
        ("re.split('(,)', 'a,b')", "['a', ',', 'b']"),
        ("re.split(',', 'a,b,c', 1)", "['a', 'b,c']"),
        ("re.split('', 'ab')", "['', 'a', 'b', '']"),
        (r"re.findall('\\d+', 'a1b22')", "['1', '22']"),
        (r"re.findall('(\\w)=(\\d)', 'a=1,b=2')", "[('a', '1'), ('b', '2')]"),
        (r"re.findall('(\\w)=', 'a=1,b=2')", "['a', 'b']"),
        ("re.escape('a.b*c d-e_f')", r"a\.b\*c\ d\-e_f"),
        ("re.compile('a(.)', re.I).match('AB').group(1)", "B"),
        ("re.compile('a(.)').pattern", "a(.)"),
        ("re.compile('a(.)')", "re.compile('a(.)')"),
        (r"re.match('abc$', 'abc\n').group() == 'abc'", "True"),
        (r"re.match('abc\\Z', 'abc\n')", "None"),
        ("re.search('a{2,3}', 'aaaa').group()", "aaa"),
        ("re.search('a{,2}', 'aaaa').group()", "aa"),
        ("re.search('{x}', 'a{x}b').group()", "{x}"),
        ("re.search('[[]x', 'a[xb').group()", "[x"),
        ("re.search('[]a]+', 'b]a').group()", "]a"),
        ("re.search('(?i)ABC', 'xabc').group()", "abc"),
        (r"re.search('(a)\\1', 'baab').group()", "aa"),
        ("re.search('a(?=b)', 'acab').start()", "2"),
        ("re.search('(?<!c)a', 'caa').start()", "2"),
        (r"re.search('.', '\n')", "None"),
        (r"re.search('.', '\n', re.DOTALL) is none", "False"),
        ("re.match('(', 'a')", "error"),
        (r"re.search('\\bfoo\\b', 'a foo b').span()", "(2, 5)"),
        ("re.match('^stg_(.+)$', 'stg_orders')[1]", "orders"),
        (r#"re.search('"(.*?)"', 'say "hi" now').group(1)"#, "hi"),
        ("re.match('a', 'abc').end()", "1"),
        ("re.compile('b').search('abcb', 2).start()", "3"),
        (r"re.sub('{{\\s*(\\w+)\\s*}}', '<\\1>', 'x {{ y }}')", "x <y>"),
        (r"re.match('\\w+@\\w+\\.\\w{2,}', 'me@ex.com').group()", "me@ex.com"),
        ("re.sub('a|b', '', 'cab')", "c"),
        (r"re.split('[,;]\\s*', 'a; b,c')", "['a', 'b', 'c']"),
        (r#"re.search('\'x\'', "a'x'").group()"#, "'x'"),
        ("'x' if re.match('[A-Z]', 'a', re.IGNORECASE) else 'y'", "x"),
    ];
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(expression, expected)| {
            let result = evaluate(expression);
            let right = result.as_deref().unwrap_or("error") == *expected;
            (!right).then(|| format!("{expression}: {result:?} is not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
