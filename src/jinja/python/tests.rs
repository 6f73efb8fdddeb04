//! Expressions and what Python prints for them.

use minijinja::{Environment, Error, Value};

use super::{call_method, dict, list, operators, to_str};

/// Evaluates with the literals and operators that the engine's rewrite would put in.
fn evaluate(expression: &str) -> Result<Value, Error> {
    let mut environment = Environment::new();
    environment.set_unknown_method_callback(call_method);
    environment.add_function("L", |values: minijinja::value::Rest<Value>| list(values.0));
    environment.add_function("D", |values: minijinja::value::Rest<Value>| {
        dict(values.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect::<Vec<_>>())
    });
    environment.add_function("repr", |value: &Value| super::repr(value));
    environment.add_function("S", |values: &Value| -> Result<Value, Error> {
        super::Set::new(super::items_of(values)?).map(Value::from_object)
    });
    environment.add_function("add", |l: &Value, r: &Value| operators::add(l, r));
    environment.add_function("sub", |l: &Value, r: &Value| operators::subtract(l, r));
    environment.add_function("mul", |l: &Value, r: &Value| operators::multiply(l, r));
    environment
        .add_function("slice", |v: &Value, a: &Value, b: &Value, c: &Value| operators::slice(v, a, b, c));
    environment.add_filter("mod", |l: &Value, r: &Value| operators::modulo(l, r));
    let compiled = environment.compile_expression(expression)?;
    compiled.eval(minijinja::context! {})
}

fn check(table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(expression, expected)| {
            let result = evaluate(expression).map(|value| to_str(&value));
            let right = result.as_deref().unwrap_or("error") == *expected;
            (!right).then(|| format!("{expression}: {result:?} is not {expected:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn texts_and_literals() {
    check(&[
        ("'a,b,c'.split(',')", "['a', 'b', 'c']"),
        ("'a,b,c'.split(',', 1)", "['a', 'b,c']"),
        ("'a,b,c'.split(',', maxsplit=1)", "['a', 'b,c']"),
        ("'a,b,c'.rsplit(',', 1)", "['a,b', 'c']"),
        ("'  a  b c '.split()", "['a', 'b', 'c']"),
        ("'  a  b c '.split(none, 1)", "['a', 'b c ']"),
        ("' a b  c  '.rsplit(none, 1)", "[' a b', 'c']"),
        ("''.split()", "[]"),
        ("''.split(',')", "['']"),
        (r"'a\nb\r\nc\n'.splitlines()", "['a', 'b', 'c']"),
        (r"'a\nb\r\nc\n'.splitlines(true)", r"['a\n', 'b\r\n', 'c\n']"),
        ("'xxaxx'.strip('x')", "a"),
        ("'xxaxx'.lstrip('x')", "axx"),
        ("'xxaxx'.rstrip('x')", "xxa"),
        (r"' a\n'.strip()", "a"),
        ("'a.b.c'.partition('.')", "('a', '.', 'b.c')"),
        ("'a.b.c'.rpartition('.')", "('a.b', '.', 'c')"),
        ("'abc'.partition('-')", "('abc', '', '')"),
        ("'abc'.rpartition('-')", "('', '', 'abc')"),
        ("'hello world'.title()", "Hello World"),
        (r#""they're bill's".title()"#, "They'Re Bill'S"),
        ("'hELLO wORLD'.capitalize()", "Hello world"),
        ("'aBc'.swapcase()", "AbC"),
        ("'aXbXc'.replace('X', '-', 1)", "a-bXc"),
        ("'aaa'.replace('a', 'b')", "bbb"),
        ("'abc'.replace('', '-')", "-a-b-c-"),
        ("'hello'.find('l')", "2"),
        ("'hello'.rfind('l')", "3"),
        ("'hello'.find('z')", "-1"),
        ("'hello'.find('l', 3)", "3"),
        ("'hello'.index('e')", "1"),
        ("'héllo'.find('l')", "2"),
        ("'hello'.count('l')", "2"),
        ("'hello'.startswith(('x', 'he'))", "True"),
        ("'hello'.endswith('lo')", "True"),
        ("'hello'.startswith('l', 2)", "True"),
        ("'-42'.zfill(6)", "-00042"),
        ("'42'.zfill(6)", "000042"),
        ("'ab'.center(7, '*')", "***ab**"),
        ("'abc'.center(6, '*')", "*abc**"),
        ("'ab'.ljust(5) ~ '|'", "ab   |"),
        ("'ab'.rjust(5)", "   ab"),
        ("'123'.isdigit()", "True"),
        ("''.isdigit()", "False"),
        ("'abc'.isalpha()", "True"),
        ("'abc1'.isalnum()", "True"),
        ("'Abc'.islower()", "False"),
        ("'ABC1'.isupper()", "True"),
        ("'Hello World'.istitle()", "True"),
        ("' '.isspace()", "True"),
        ("'abc_1'.isidentifier()", "True"),
        ("'a-b'.removeprefix('a-').removesuffix('b')", ""),
        ("', '.join(['a', 'b'])", "a, b"),
        ("'-'.join('abc')", "a-b-c"),
        (r"'a\tb'.expandtabs(4)", "a   b"),
        ("'{} and {}'.format('a', 1)", "a and 1"),
        ("'{1} {0}'.format('a', 'b')", "b a"),
        ("'{name!r:>8}|'.format(name='x')", "     'x'|"),
        (
            "'{:05d}|{:+.2f}|{:,}|{:x}|{:#x}|{:e}|{:%}'.format(42, 3.14159, 1234567, 255, 255, 12345.678, 0.25)",
            "00042|+3.14|1,234,567|ff|0xff|1.234568e+04|25.000000%",
        ),
        ("'{:>{w}}'.format('a', w=5)", "    a"),
        ("'{0[1]} {0[0]}'.format(['a', 'b'])", "b a"),
        ("'{a[k]}'.format(a={'k': 'v'})", "v"),
        ("'{{}} {}'.format(1.0)", "{} 1.0"),
        ("'{:*^9}'.format('mid')", "***mid***"),
        ("'{:<5}|{:>5}|{:^5}'.format('a', 'b', 'c')", "a    |    b|  c  "),
        ("'{:g} {:g} {:g}'.format(0.00001234, 123456789.0, 100.0)", "1.234e-05 1.23457e+08 100"),
        ("'{:.3}'.format('abcdef')", "abc"),
        ("'{:,.2f}'.format(1234567.891)", "1,234,567.89"),
        ("'{}'.format(true)", "True"),
        ("'{:d}'.format(true)", "1"),
        ("'{:_}'.format(1234567)", "1_234_567"),
        ("'{:b}'.format(10)", "1010"),
        ("'{:10.3f}|'.format(2.5)", "     2.500|"),
        ("'{:010.3f}|'.format(-2.5)", "-00002.500|"),
        (
            "[1, 2.0, none, true, 'x', (1,), (), {'a': [1]}]",
            "[1, 2.0, None, True, 'x', (1,), (), {'a': [1]}]",
        ),
        (r#""it's""#, "it's"),
        (r#"["it's", 'say "hi"', 'a\\b', 'tab\t']"#, r#"["it's", 'say "hi"', 'a\\b', 'tab\t']"#),
        ("{'a': 1, 'b': {'c': 'd'}}", "{'a': 1, 'b': {'c': 'd'}}"),
        ("[1, 2] == [1, 2]", "True"),
        ("(1, 2) == [1, 2]", "False"),
        ("1e16", "1e+16"),
        ("1e15", "1000000000000000.0"),
        ("100000000000000000000.0", "1e+20"),
        ("0.1 + 0.2", "0.30000000000000004"),
        ("10 / 4", "2.5"),
    ]);
}

#[test]
fn percent() {
    check(&[
        ("'%s and %s'|mod(('a', 1))", "a and 1"),
        ("'%s'|mod('x')", "x"),
        ("'%s'|mod([1, 'a'])", "[1, 'a']"),
        ("'%s'|mod(1.0)", "1.0"),
        ("'%d%%'|mod(99)", "99%"),
        ("'%05.2f|'|mod(3.14159)", "03.14|"),
        ("'%-8s|'|mod('ab')", "ab      |"),
        ("'%8s|'|mod('ab')", "      ab|"),
        ("'%+d % d'|mod((5, 7))", "+5  7"),
        (r#"'%r'|mod("it's")"#, r#""it's""#),
        ("'%(a)s-%(b)03d'|mod({'a': 'x', 'b': 7})", "x-007"),
        ("'%x %X %o %#x'|mod((255, 255, 8, 255))", "ff FF 10 0xff"),
        ("'%e %g'|mod((12345.678, 0.0001))", "1.234568e+04 0.0001"),
        ("'%.3s|'|mod('abcdef')", "abc|"),
        ("'%*d|'|mod((5, 42))", "   42|"),
        ("'%d'|mod(3.99)", "3"),
        ("'%i'|mod(true)", "1"),
        ("'%s'|mod(none)", "None"),
        ("'%c%c'|mod(('a', 98))", "ab"),
        ("'%.3d'|mod(7)", "007"),
        ("'%06d'|mod(-42)", "-00042"),
        ("'%5.1f%%'|mod(12.345)", " 12.3%"),
    ]);
}

#[test]
fn containers() {
    check(&[
        ("L(1, 2, 3)", "[1, 2, 3]"),
        ("L()", "[]"),
        ("L('a', L('b'))", "['a', ['b']]"),
        ("L(1, 2)[-1]", "2"),
        ("L(1, 2)[0]", "1"),
        ("L(1, 2) == [1, 2]", "True"),
        ("[1, 2] == L(1, 2)", "True"),
        ("L(1) == (1,)", "False"),
        ("2 in L(1, 2)", "True"),
        ("3 in L(1, 2)", "False"),
        ("L(1, 2, 1).count(1)", "2"),
        ("L(1, 2, 1).index(1, 1)", "2"),
        ("L(1).index(5)", "error"),
        ("L(1, 2).pop()", "2"),
        ("L(1, 2).pop(0)", "1"),
        ("L(1, 2).pop(-2)", "1"),
        ("L().pop()", "error"),
        ("L(1, 2).copy()", "[1, 2]"),
        ("('a', 'b').index('b')", "1"),
        ("('a', 'b', 'a').count('a')", "2"),
        ("D('a', 1)", "{'a': 1}"),
        ("D('a', 1)['a']", "1"),
        ("D('a', 1).a|string if false else D('a', 1).get('a')", "1"),
        ("D('a', 1).get('b')", "None"),
        ("D('a', 1).get('b', 2)", "2"),
        ("D('a', 1).items()", "dict_items([('a', 1)])"),
        ("D('a', 1).keys()", "dict_keys(['a'])"),
        ("D('a', 1).values()", "dict_values([1])"),
        ("D('a', 1) == {'a': 1}", "True"),
        ("'a' in D('a', 1)", "True"),
        ("D(1, 'x')[1]", "x"),
        ("D((1, 2), 'x')[(1, 2)]", "x"),
        ("D('a', 1).pop('a')", "1"),
        ("D('a', 1).pop('b', 'z')", "z"),
        ("D('a', 1).pop('b')", "error"),
        ("D('a', 1).setdefault('a', 5)", "1"),
        ("D('a', 1).setdefault('b', 5)", "5"),
        ("D('a', 1, 'b', 2).popitem()", "('b', 2)"),
        ("D('a', L(1, 'x'))", "{'a': [1, 'x']}"),
        ("D('k', none)", "{'k': None}"),
        ("L(1, 2).append(3)", "None"),
        ("add(L(1), L(2))", "[1, 2]"),
        ("add(L(1), [2])", "[1, 2]"),
        ("add((1,), (2,))", "(1, 2)"),
        ("add(L(1), (2,))", "error"),
        ("add('a', 'b')", "ab"),
        ("add('a', 1)", "error"),
        ("add(1, 2.5)", "3.5"),
        ("add(none, 1)", "error"),
        ("sub(5, 7)", "-2"),
        ("mul('ab', 3)", "ababab"),
        ("mul(L(1, 2), 2)", "[1, 2, 1, 2]"),
        ("mul(2, (1,))", "(1, 1)"),
        ("sub(S([1, 2, 3]), S([2]))", "{1, 3}"),
        ("S([1, 2]) == S([2, 1])", "True"),
        ("S([1, 1, 2])", "{1, 2}"),
        ("S([])", "set()"),
        ("S(['a'])", "{'a'}"),
        ("S([1, 2]).union([3])", "{1, 2, 3}"),
        ("S([1, 2]).intersection([2, 5])", "{2}"),
        ("S([1, 2]).difference([2])", "{1}"),
        ("S([1, 2]).issubset([1, 2, 3])", "True"),
        ("1 in S([1])", "True"),
        ("slice(L(1, 2, 3, 4), 1, none, none)", "[2, 3, 4]"),
        ("slice(L(1, 2, 3, 4), none, -1, none)", "[1, 2, 3]"),
        ("slice(L(1, 2, 3, 4), none, none, -1)", "[4, 3, 2, 1]"),
        ("slice((1, 2, 3), none, 2, none)", "(1, 2)"),
        ("slice('hello', 1, 3, none)", "el"),
        ("slice('hello', none, none, -2)", "olh"),
        ("slice('hello', -3, none, none)", "llo"),
        ("slice(L(1, 2, 3, 4, 5), 4, 0, -2)", "[5, 3]"),
    ]);
}

#[test]
fn lists_and_dicts_change_in_place() {
    let render = |template: &str| {
        let mut environment = Environment::new();
        environment.set_unknown_method_callback(call_method);
        environment.add_function("L", |values: minijinja::value::Rest<Value>| list(values.0));
        environment.add_function("D", || dict([]));
        environment.render_str(template, ()).map_err(|error: Error| error.to_string())
    };
    for (template, expected) in [
        ("{% set x = L(3, 1, 2) %}{% set _ = x.sort() %}{{ x }}", "[1, 2, 3]"),
        ("{% set x = L(3, 1, 2) %}{% set _ = x.sort(reverse=true) %}{{ x }}", "[3, 2, 1]"),
        ("{% set x = L(1) %}{% set y = x %}{% set _ = y.append('a') %}{{ x }}", "[1, 'a']"),
        (
            "{% set x = L(1) %}{% set _ = x.extend((2, 3)) %}{% set _ = x.insert(0, 0) %}{{ x }}",
            "[0, 1, 2, 3]",
        ),
        ("{% set x = L(1, 2, 1) %}{% set _ = x.remove(1) %}{{ x }}", "[2, 1]"),
        ("{% set x = L(1, 2) %}{% set _ = x.extend(x) %}{% set _ = x.reverse() %}{{ x }}", "[2, 1, 2, 1]"),
        (
            "{% set x = L() %}{% for i in L(1, 2) %}{% set _ = x.append(i * 2) %}{% endfor %}{{ x|join('-') }}",
            "2-4",
        ),
        (
            "{% set x = L(1, 2, 3) %}{% for i in x %}{{ i }}{{ loop.length }}{% set _ = x.append(i) %}{% endfor %}",
            "132333",
        ),
        (
            "{% set x = L(1, 2, 3) %}{% for i in x %}{{ i }}{% set _ = x.remove(i) %}{% endfor %}{{ x }}",
            "13[2]",
        ),
        (
            "{% set d = D() %}{% set _ = d.update({'b': 1}, c=2) %}{% set _ = d.update([('a', 3)]) %}{{ d }}",
            "{'b': 1, 'c': 2, 'a': 3}",
        ),
        (
            "{% set d = D() %}{% set _ = d.setdefault('x', L()).append(1) %}{{ d }} {{ d.x }} {{ d|length }}",
            "{'x': [1]} [1] 1",
        ),
        (
            "{% set d = D() %}{% set _ = d.update(a=1) %}{% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %}{% for k in d %}{{ k }}{% endfor %}",
            "a1a",
        ),
        (
            "{% set d = D() %}{{ 'empty' if not d }} {{ d is mapping }} {{ L() is sequence }}",
            "empty True True",
        ),
    ] {
        assert_eq!(render(template).as_deref(), Ok(expected), "{template}");
    }
}

#[test]
fn plain_data_prints_as_python_prints_it() {
    let json = serde_json::json!({"a": [1, 2.0, null, true], "b": "it's", "é": "\u{a0}\u{1F600}\u{301}"});
    let expected = "{'a': [1, 2.0, None, True], 'b': \"it's\", 'é': '\\xa0\u{1F600}\u{301}'}";
    assert_eq!(super::json_repr(&json), expected);
    assert_eq!(super::repr(&super::from_json(&json)), expected);
    assert_eq!(super::to_json(&super::from_json(&json)), json);
    assert_eq!(
        super::json_dumps(&super::from_json(&json), true).unwrap(),
        r#"{"a": [1, 2.0, null, true], "b": "it's", "\u00e9": "\u00a0\ud83d\ude00\u0301"}"#
    );
}

#[test]
fn texts_are_translated_and_encoded() {
    check(&[
        (r#""a!b,c".translate("".maketrans("", "", "!,"))"#, "abc"),
        (r#""abc".translate("".maketrans("ab", "xy"))"#, "xyc"),
        (r#""abc".translate("".maketrans(D("a", "xx", "b", none)))"#, "xxc"),
        (r#""ä1".encode("ascii", "ignore").decode()"#, "1"),
        (r#""ä1".encode("ascii", "replace").decode()"#, "?1"),
        (r#""ä1".encode("ascii", "xmlcharrefreplace").decode()"#, "&#228;1"),
        (r#""ä1".encode("ascii", "backslashreplace").decode()"#, "\\xe41"),
    ]);
    assert!(evaluate(r#""ä".encode("ascii")"#).is_err());
    assert!(evaluate(r#""a".encode("klingon")"#).is_err());
}
