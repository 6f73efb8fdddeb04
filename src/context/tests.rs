//! The engine as templates meet it.

use std::any::Any;
use std::sync::{Arc, Mutex};

use minijinja::{Error, State, Value};

use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::hashed::HashMap;
use crate::jinja::Context;
use crate::jinja::python::{self, raise};

use super::*;

/// A node of package `shop` with a few names.
pub(super) struct Node {
    names: HashMap<&'static str, Value>,
    package: String,
    execute: bool,
    called: Mutex<Vec<String>>,
}

impl Context for Node {
    fn get(&self, name: &str) -> Option<Value> {
        self.names.get(name).cloned()
    }

    fn names(&self) -> Vec<String> {
        self.names.keys().map(|name| (*name).to_owned()).collect()
    }

    fn package(&self) -> &str {
        &self.package
    }

    fn subject(&self) -> Option<String> {
        Some("model orders (models/orders.sql)".to_owned())
    }

    fn execute(&self) -> bool {
        self.execute
    }

    fn called(&self, unique_id: &str) {
        self.called.lock().unwrap().push(unique_id.to_owned());
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub(super) fn node(execute: bool) -> Node {
    let dispatch = Value::from_function(|state: &State<'_, '_>, name: &str, namespace: Option<&str>| {
        super::dispatch(state, name, namespace)
    });
    let names = HashMap::from_iter([
        ("who", Value::from("node")),
        ("adapter", Value::from_pairs([("dispatch", dispatch)])),
        (
            "fail",
            Value::from_function(|| -> Result<Value, Error> {
                Err(raise(Diagnostic::database("database-error", "relation does not exist")))
            }),
        ),
    ]);
    Node { names, package: "shop".to_owned(), execute, called: Mutex::default() }
}

pub(super) fn engine(files: &[(&str, &str)]) -> Engine {
    let mut packages: Vec<MacroPackage> = Vec::new();
    for (path, text) in files {
        let package = path.split('/').next().unwrap().to_owned();
        let file = SourceText::new(path.split_once('/').unwrap().1, *text);
        match packages.iter_mut().find(|known| known.name == package) {
            Some(known) => known.files.push(file),
            None => packages.push(MacroPackage { name: package, files: vec![file] }),
        }
    }
    let settings = EngineSettings { root: "shop".to_owned(), packages, ..EngineSettings::default() };
    Engine::new(settings).unwrap()
}

fn render_with(engine: &Engine, text: &str, execute: bool) -> crate::diagnostic::Result<String> {
    let context: Arc<dyn Context> = Arc::new(node(execute));
    engine.render(&SourceText::new("models/orders.sql", text), &context)
}

/// Renders a template with macros of the root project.
fn run(macros: &str, text: &str) -> String {
    render_with(&engine(&[("shop/macros/all.sql", macros)]), text, true)
        .unwrap_or_else(|error| panic!("{error:?}"))
}

fn fails(macros: &str, text: &str) -> Box<Diagnostic> {
    render_with(&engine(&[("shop/macros/all.sql", macros)]), text, true).unwrap_err()
}

#[test]
fn macros_call_each_other_in_any_order() {
    let macros =
        "{% macro a(x) %}a{{ b(x) }}{% endmacro %}{% macro b(x) -%} b{{ x }}{{ who }} {%- endmacro %}";
    assert_eq!(run(macros, "{{ a(1) }}-{{ b('z') }}\n"), "ab1node-bznode");
}

#[test]
fn return_leaves_loops_and_ifs_with_a_value() {
    let macros = "{% macro first(xs) %}{% for x in xs %}{% if x > 2 %}{% do return(x) %}{% endif %}{% endfor %}\
                  {{ return([]) }}{% endmacro %}{% macro through(xs) %}{{ return(first(xs)) }}{% endmacro %}";
    assert_eq!(run(macros, "{{ through([1, 3, 5]) + 1 }} {{ first([1]) }}"), "4 []");
}

#[test]
fn defaults_see_earlier_parameters_and_the_context() {
    let macros = "{% macro m(a, b=a ~ '!', c=who, d=[]) %}{{ a }}{{ b }}{{ c }}{{ d }}{% endmacro %}";
    assert_eq!(run(macros, "{{ m('x') }} {{ m('x', c='y', b=none) }}"), "xx!node[] xNoney[]");
}

#[test]
fn surplus_arguments_go_to_varargs_and_kwargs() {
    let macros = "{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}";
    assert_eq!(run(macros, "{{ m(1, 2, 3, z=4) }}"), "1(2, 3){'z': 4}");
    let spread = "{% macro m(a, b, c) %}{{ a }}{{ b }}{{ c }}{% endmacro %}";
    assert_eq!(run(spread, "{{ m(*[1, 2], **{'c': 3}) }}"), "123");
}

#[test]
fn wrong_arguments_are_named() {
    let macros = "{% macro m(value) %}{% endmacro %}";
    let error = fails(macros, "{{ m(1, valeu=2) }}");
    assert!(error.message.starts_with("macro 'dbt_macro__m' takes no keyword argument 'valeu'"), "{error:?}");
    assert_eq!(error.help.as_deref(), Some("did you mean `value`?"));
    assert_eq!(error.labels[0].span.text(), "m(1, valeu=2)");
    let error = fails(macros, "{{ m(1, 2) }}");
    assert!(error.message.starts_with("macro 'dbt_macro__m' takes not more than 1 argument(s)"));
}

#[test]
fn call_bodies_take_arguments_and_see_their_surroundings() {
    let macros = "{% macro twice(x) %}<{{ caller(x) }}|{{ caller(2) }}>{% endmacro %}\
                  {% macro lazy() %}no{% endmacro %}\
                  {% macro outer(p) %}{% set q = 'q' %}{% call(n, m='d') twice(1) %}{{ p }}{{ q }}{{ n }}{{ m }}\
                  {% endcall %}{% endmacro %}";
    assert_eq!(run(macros, "{{ outer('p') }}"), "<pq1d|pq2d>");
    assert_eq!(
        run(
            macros,
            "{% for i in [1, 2] %}{% call(n) twice(i) %}{{ loop.index }}{{ n }}{% endcall %}{% endfor %}"
        ),
        "<11|12><22|22>"
    );
}

#[test]
fn a_return_in_a_call_body_leaves_the_called_macro() {
    let macros = "{% macro m() %}a{{ caller() }}b{% endmacro %}";
    assert_eq!(run(macros, "{% call m() %}{{ return('r') }}{% endcall %}-"), "r-");
}

#[test]
fn macros_inside_templates_are_closures() {
    assert_eq!(
        run(
            "",
            "{% set y = 2 %}{% macro m(n) %}{{ n * y }}{% if n %}{{ dbt_macro__m(n - 1) }}{% endif %}{% endmacro %}\
             {{ dbt_macro__m(2) }}"
        ),
        "420"
    );
}

#[test]
fn literals_are_mutable_and_fresh() {
    let macros = "{% macro m() %}{% set xs = [1] %}{% do xs.append(2) %}{% set d = {'a': xs} %}\
                  {% do d.update({'b': 1}) %}{{ d }}{% endmacro %}";
    assert_eq!(run(macros, "{{ m() }}{{ m() }}"), "{'a': [1, 2], 'b': 1}{'a': [1, 2], 'b': 1}");
    assert_eq!(
        run("", "{% set xs = [1] + [2] %}{% do xs.append(3) %}{{ xs }}{{ xs[1:] }}{{ '%s-%s' % (1, 'b') }}"),
        "[1, 2, 3][2, 3]1-b"
    );
}

#[test]
fn lookup_prefers_the_nodes_package_then_the_root_then_built_ins() {
    let files = [
        ("shop/macros/a.sql", "{% macro shared() %}root{% endmacro %}{% macro only_root() %}r{% endmacro %}"),
        (
            "tools/macros/a.sql",
            "{% macro shared() %}tools{% endmacro %}{% macro show() %}{{ shared() }}{{ local() }}{% endmacro %}{% macro local() %}l{% endmacro %}",
        ),
    ];
    let engine = engine(&files);
    assert_eq!(
        render_with(&engine, "{{ shared() }} {{ tools.shared() }} {{ tools.show() }}", true).unwrap(),
        "root tools rootl"
    );
    let error = render_with(&engine, "{{ tools.shaerd() }}", true).unwrap_err();
    assert_eq!(error.message, "'dict object' has no attribute 'shaerd'");
    assert_eq!(error.help.as_deref(), Some("did you mean `shared`?"));
}

#[test]
fn projects_replace_built_in_macros_by_dbt_s_prefixed_names() {
    let engine = engine(&[(
        "shop/macros/a.sql",
        "{% macro default__generate_schema_name(custom_schema_name=none, node=none) %}mine{% endmacro %}",
    )]);
    assert_eq!(
        render_with(&engine, "{{ generate_schema_name() }} {{ dbt.generate_schema_name() }}", true).unwrap(),
        "mine mine"
    );
}

#[test]
fn dispatch_searches_in_order_and_tells_what_it_tried() {
    let files = [
        ("shop/macros/a.sql", "{% macro postgres__m() %}root{% endmacro %}"),
        (
            "tools/macros/a.sql",
            "{% macro m() %}{{ return(adapter.dispatch('m', 'tools')()) }}{% endmacro %}{% macro default__m() %}d{% endmacro %}",
        ),
    ];
    assert_eq!(render_with(&engine(&files), "{{ tools.m() }}", true).unwrap(), "root");
    let error = render_with(&engine(&files), "{{ adapter.dispatch('x', 'tools')() }}", true).unwrap_err();
    assert!(error.message.contains(
        "In dispatch: No macro named 'x' found within namespace: 'tools'\n    \
         Searched for: 'shop.postgres__x', 'shop.default__x', 'tools.postgres__x', 'tools.default__x'"
    ));
}

#[test]
fn only_the_nodes_own_calls_are_recorded() {
    let engine = engine(&[(
        "shop/macros/a.sql",
        "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{% endmacro %}",
    )]);
    let node = Arc::new(node(true));
    let context: Arc<dyn Context> = Arc::clone(&node) as _;
    engine.render(&SourceText::new("m.sql", "{{ a() }}"), &context).unwrap();
    assert_eq!(*node.called.lock().unwrap(), ["macro.shop.a"]);
}

#[test]
fn undefined_names_are_tolerated_only_while_parsing() {
    let engine = engine(&[]);
    for text in [
        "{{ nope(1, a=2) }}",
        "{{ nope.thing(b=3) }}",
        "{{ nope.a.b }}",
        "{{ nope.a.b('x').c }}",
        "{% do nope() %}",
    ] {
        assert_eq!(render_with(&engine, text, false).unwrap(), "", "{text}");
        let error = render_with(&engine, text, true).unwrap_err();
        assert_eq!(error.message, "'nope' is undefined", "{text}");
    }
    assert_eq!(render_with(&engine, "a{{ nope }}b{% for x in nope %}{% endfor %}", true).unwrap(), "ab");
    let error = render_with(&engine, "{{ whoo.x }}", true).unwrap_err();
    assert_eq!(error.help.as_deref(), Some("did you mean `who`?"));
}

#[test]
fn errors_in_macros_tell_the_chain() {
    let macros = "{% macro a() %}\n  {{ b() }}\n{% endmacro %}\n{% macro b() %}{{ nope.x }}{% endmacro %}";
    let error = fails(macros, "select\n{{ a() }}");
    assert_eq!(
        error.message,
        "'nope' is undefined\n\n> in macro b (macros/all.sql)\n> called by macro a (macros/all.sql)\n\
         > called by model orders (models/orders.sql)"
    );
    let places: Vec<_> =
        error.labels.iter().map(|label| (label.span.location(), label.span.text())).collect();
    assert_eq!(
        places,
        [
            ("macros/all.sql:4:19".to_owned(), "nope.x"),
            ("macros/all.sql:2:6".to_owned(), "b()"),
            ("models/orders.sql:2:4".to_owned(), "a()"),
        ]
    );
    assert_eq!(error.subject.as_deref(), Some("model orders (models/orders.sql)"));
}

#[test]
fn diagnostics_of_functions_keep_their_category() {
    let error = fails("{% macro a() %}{{ fail() }}{% endmacro %}", "{{ a() }}");
    assert_eq!(error.message, "relation does not exist");
    assert_eq!(error.code, "database-error");
    assert_eq!(error.labels[0].span.text(), "fail()");
}

#[test]
fn endless_recursion_is_a_clean_error() {
    let macros = "{% macro a() %}{{ a() }}{% endmacro %}";
    let error = std::thread::Builder::new()
        .stack_size(16 << 20)
        .spawn(move || fails(macros, "{{ a() }}"))
        .unwrap()
        .join()
        .unwrap();
    assert!(error.message.starts_with("macro calls are nested more than 100 deep"), "{}", error.message);
    assert_eq!(error.message.lines().count(), 4, "{}", error.message);
    assert_eq!(error.labels.len(), 2);
}

#[test]
fn syntax_errors_point_into_the_file() {
    for (text, message, place) in [
        ("a\n{% if x %}", "Unexpected end of template", "models/orders.sql:2:1"),
        ("{{ a b }}", "expected token 'end of print statement', got 'b'", "models/orders.sql:1:6"),
        ("\n{% foo %}", "Encountered unknown tag 'foo'.", "models/orders.sql:2:4"),
        ("{% endif %}", "Encountered unknown tag 'endif'.", "models/orders.sql:1:4"),
        ("{{ x | nope }}", "No filter named 'nope'.", "models/orders.sql:1:8"),
        ("{% include 'x' %}", "`{% include %}` does not work in dbt", "models/orders.sql:1:4"),
    ] {
        let error = fails("", text);
        assert!(error.message.starts_with(message), "{text}: {}", error.message);
        assert_eq!(error.labels[0].span.location(), place, "{text}");
    }
}

#[test]
fn python_s_forms_of_statements_are_read() {
    assert_eq!(run("", "{% if true: %}a{% else: %}b{% endif %}{% do 1 if x %}c"), "ac");
    assert_eq!(run("", "a\r\n{{ 1 }}\r\n"), "a\n1");
}

#[test]
fn a_package_and_the_context_are_mappings() {
    let files = [
        ("shop/macros/all.sql", "{% macro remember(x) %}{% do context.update({'seen': x}) %}{% endmacro %}"),
        (
            "parts/macros/parts.sql",
            "{% macro get(x) %}macro{% endmacro %}{% macro gear() %}gear{% endmacro %}",
        ),
    ];
    for (text, expected) in [
        ("{{ context['parts'].get('gear')() }}", "gear"),
        (
            "{{ context['parts'].get('wheel') is none }}, {{ 'gear' in parts }}, {{ parts | list }}",
            "True, True, ['get', 'gear']",
        ),
        ("{{ parts.gear() }} {{ context.get('seen', 'nothing') }}", "gear nothing"),
        ("{{ remember(7) }}{{ context.get('seen') }} {{ seen }} {{ 'seen' in context }}", "7 7 True"),
    ] {
        assert_eq!(render_with(&engine(&files), text, true).unwrap(), expected, "{text}");
    }
}

#[test]
fn methods_are_attributes() {
    for (text, expected) in [
        ("{% set x = [1] %}{% set add = x.append %}{% do add(2) %}{{ x }}", "[1, 2]"),
        (
            "{% set t = 'abc' %}{{ t.upper is defined }} {{ t.append is defined }} {% set f = t.upper %}{{ f() }}",
            "True False ABC",
        ),
        (
            "{% set d = {'values': 3} %}{{ d.values }} {{ d.items is defined }} {{ d.name is defined }}",
            "<built-in method values of dict object> True False",
        ),
        ("{% set d = {'a': {'count': 7}} %}{{ d.a.count }} {{ d['a'].index is defined }}", "7 False"),
    ] {
        assert_eq!(run("", text), expected, "{text}");
    }
}

#[test]
fn values_keep_their_types_in_native_evaluation() {
    let engine = engine(&[]);
    let context: Arc<dyn Context> = Arc::new(node(true));
    for (text, expected) in [
        ("{{ 1 + 1 }}", "'2'"),
        ("{{ [1, who] }}", "[1, 'node']"),
        ("{{ '1' }}", "'1'"),
        ("{{ '1' | as_number }}", "1"),
        ("{{ 'True' | as_bool }}", "True"),
        ("{{ '[1, 2]' | as_native }}", "[1, 2]"),
        ("{{ 'x' | as_native }}", "'x'"),
        ("{{ 1 | as_text }}", "'1'"),
        // a filter binds closer than a comparison
        ("{{ 'b' in ['a', 'b'] | as_bool }}", "'True'"),
        ("{{ who == 'node' | as_bool() }}", "True"),
        ("{{ 'None' | as_native }}", "None"),
        ("{{ 1 }}{{ 2 }}", "'12'"),
        ("a {{ 1 }}", "'a 1'"),
        ("{% if true %}{{ who == 'x' }}{% endif %}", "False"),
        ("{{ who }}", "'node'"),
        ("plain", "'plain'"),
    ] {
        let source = SourceText::new("dbt_project.yml", text);
        let value = engine.evaluate(text, &Span::new(&source, 0..text.len()), &context).unwrap();
        assert_eq!(python::repr(&value), expected, "{text}");
    }
    let source = SourceText::new("dbt_project.yml", "{{ 'x' | as_number }}");
    let error = engine.evaluate(&source.text, &Span::new(&source, 0..21), &context).unwrap_err();
    assert_eq!(error.message, "Could not convert value 'x' into type 'number'");
}

#[test]
fn filters_and_tests_are_jinja2_s() {
    for (text, expected) in [
        ("{{ 'ab' | center(5) }}|{{ 'foo bar baz qux' | truncate(9) }}", "  ab |foo..."),
        ("{{ nope | length }}{{ nope | join(',') }}{{ nope | upper }}", "0"),
        ("{{ [{'k': 'b'}, {'k': 'A'}] | groupby('k') }}", "[('A', [{'k': 'A'}]), ('b', [{'k': 'b'}])]"),
        ("{{ {'B': 1, 'a': 2} | dictsort }}", "[('a', 2), ('B', 1)]"),
        ("{{ ['a', 'A', 'b'] | unique | list }}", "['a', 'b']"),
        (
            "{{ [1, 2, 3] | batch(2, 0) | list }}{{ [1, 2, 3] | slice(2) | list }}",
            "[[1, 2], [3, 0]][[1, 2], [3]]",
        ),
        ("{{ {'b': \"'<\", 'a': none} | tojson }}", r#"{"a": null, "b": "\u0027\u003c"}"#),
        ("{{ 'a\nb' | indent(2, first=true) }}", "  a\n  b"),
        ("{{ none is iterable }}{{ 'x' is iterable }}{{ 1 is iterable }}", "FalseTrueFalse"),
        (
            "{{ 'x' is sequence }}{{ range is callable }}{{ 1 is callable }}{{ {} is mapping }}",
            "TrueTrueFalseTrue",
        ),
        ("{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}", "1"),
        ("{% set ns = namespace({'a': 1}, b=2) %}{% set ns.c = 3 %}{{ ns.a }}{{ ns.b }}{{ ns.c }}", "123"),
        ("{% set j = joiner('-') %}{{ j() }}a{{ j() }}b{{ cycler(1, 2).next() }}", "a-b1"),
    ] {
        assert_eq!(run("", text), expected, "{text}");
    }
    assert!(
        fails("", "{{ 1 < 'a' }}").message.contains("'<' not supported between instances of 'int' and 'str'")
    );
}

#[test]
fn mistakes_are_told_in_jinja2_s_words() {
    for (text, message, at) in [
        ("{{ nope + 1 }}", "'nope' is undefined", "nope + 1"),
        ("{{ who.x.y }}", "'str object' has no attribute 'x'", "who.x.y"),
        ("{% set d = {} %}{{ d.x.y }}", "'d' has no attribute 'x'", "d.x.y"),
        ("{{ [].x() }}", "'list object' has no attribute 'x'", "[].x()"),
        ("{{ [1] | map('nope') | list }}", "No filter named 'nope'.", "map('nope')"),
        ("{{ 1 + }}", "unexpected 'end of print statement'", "}}"),
        ("a {{ x", "unexpected end of template, expected 'end of print statement'.", "{{"),
        ("{# x", "Missing end of comment tag", "{#"),
    ] {
        let error = fails("", text);
        assert_eq!((error.message.as_str(), error.labels[0].span.text()), (message, at), "{text}");
    }
    assert_eq!(fails("", "{% iff x %}").help.as_deref(), Some("did you mean `if`?"));
}

#[test]
fn two_macros_of_one_name_are_an_error_with_both_places() {
    let file = |path: &str| SourceText::new(path, "{% macro twice() %}{% endmacro %}");
    let files = vec![file("macros/a.sql"), file("macros/b.sql")];
    let packages = vec![MacroPackage { name: "shop".to_owned(), files }];
    let settings = EngineSettings { root: "shop".to_owned(), packages, ..EngineSettings::default() };
    let diagnostics = Engine::new(settings).map(|_| ()).unwrap_err();
    assert!(
        diagnostics.0[0]
            .message
            .starts_with("dbt found multiple macros named \"twice\" in the project \"shop\".")
    );
    let places: Vec<_> = diagnostics.0[0].labels.iter().map(|label| label.span.location()).collect();
    assert_eq!(places, ["macros/b.sql:1:10", "macros/a.sql:1:10"]);
}

#[test]
fn materializations_are_chosen_by_adapter_then_package() {
    let table = |adapter: &str, text: &str| {
        format!("{{% materialization table, {adapter} %}}{text}{{% endmaterialization %}}")
    };
    let files = |text: String| [("tools/macros/m.sql", text)];
    let own = files(table("default", "tools"));
    let found =
        |engine: &Engine| engine.find_materialization("table", "postgres").map(|one| one.package.clone());
    let engine = engine(&own.each_ref().map(|(path, text)| (*path, text.as_str())));
    assert_eq!(found(&engine).as_deref(), Some("dbt"), "a package may not replace a built-in one");
    assert_eq!(engine.overriding_package("table", "postgres"), None);
    let file = SourceText::new("macros/m.sql", own[0].1.as_str());
    let tools = MacroPackage { name: "tools".to_owned(), files: vec![file] };
    let settings = EngineSettings {
        root: "shop".to_owned(),
        packages: vec![tools],
        allow_package_materializations: true,
        ..EngineSettings::default()
    };
    let allowing = Engine::new(settings).unwrap();
    assert_eq!(found(&allowing).as_deref(), Some("tools"));
    assert_eq!(allowing.overriding_package("table", "postgres").as_deref(), Some("tools"));
    let root = table("adapter='postgres'", "root");
    let engine = super::tests::engine(&[("tools/macros/m.sql", &own[0].1), ("shop/macros/m.sql", &root)]);
    assert_eq!(found(&engine).as_deref(), Some("shop"));
}

#[test]
fn macros_that_cannot_be_read_are_told_before_they_are_called() {
    let engine = engine(&[(
        "shop/macros/a.sql",
        "{% macro good() %}{{ generate_schema_name(none) }}{% if x: %}{{ other() }}{% endif %}{% endmacro %}\
         {% macro other(a=good()) %}{% endmacro %}",
    )]);
    let dependencies = engine.macro_dependencies().unwrap();
    assert_eq!(
        dependencies[..2],
        [
            vec!["macro.dbt.generate_schema_name".to_owned(), "macro.shop.other".to_owned()],
            vec!["macro.shop.good".to_owned()]
        ]
    );
    let engine = super::tests::engine(&[("shop/macros/a.sql", "{% macro bad() %}{{ x | }}{% endmacro %}")]);
    let diagnostics = engine.macro_dependencies().unwrap_err();
    assert_eq!(diagnostics.0[0].message, "expected token 'name', got 'end of print statement'");
    assert_eq!(diagnostics.0[0].labels[0].span.location(), "macros/a.sql:1:25");
}

#[test]
fn undefined_macros_in_macros_fail_also_while_parsing() {
    let engine = engine(&[("shop/macros/a.sql", "{% macro a() %}{{ nope() }}{{ x.y }}{% endmacro %}")]);
    let error = render_with(&engine, "{{ a() }}", false).unwrap_err();
    assert!(
        error.message.starts_with("'nope' is undefined\n\n> in macro a (macros/a.sql)"),
        "{}",
        error.message
    );
}

#[test]
fn undefined_values_are_swallowed_while_parsing_in_nodes_and_not_in_macros() {
    for text in [
        "{{ nope.a.b }}",
        "{% if nope.a.b %}{% endif %}",
        "{% set z = nope %}{{ z.g() }}",
        "{{ nope['a'] }}",
        "{{ {}.zz() }}",
        "{{ {}.zz.y }}",
        "{{ target.zz.y }}",
        "{{ {}['zz']() }}",
        "{{ modules.zz.y() }}",
        "{{ builtins.zz() }}",
        "{{ shop.zz() }}",
    ] {
        let engine = engine(&[("shop/macros/a.sql", &format!("{{% macro a() %}}{text}{{% endmacro %}}"))]);
        assert_eq!(render_with(&engine, text, false).unwrap(), "", "{text}");
        let error = render_with(&engine, "{{ a() }}", false);
        assert!(error.is_err(), "{text}: {error:?}");
    }
    // also in the body that a node gives to a macro, and in what a macro gives back
    let engine = engine(&[(
        "shop/macros/a.sql",
        "{% macro a() %}{{ caller() }}{% endmacro %}{% macro b() %}{% endmacro %}",
    )]);
    assert_eq!(
        render_with(&engine, "{% call a() %}{{ nope.a.b }}{% endcall %}{{ b().c.d }}", false).unwrap(),
        ""
    );
}

#[test]
fn what_is_held_under_a_name_is_called_by_it() {
    let macros = "{% macro q() %}q{% endmacro %}";
    for text in [
        "{{ {'f': q}.f() }}",
        "{% set d = {'x': {'f': q}} %}{{ d.x.f() }}",
        "{% set d = {'x': {'f': q}} %}{{ d['x'].f() }}",
        "{% set n = namespace(f=q) %}{{ n.f() }}",
        "{{ context.q() }}",
        // what stands in brackets is read once
        "{% set names = ['z', 'f'] %}{{ {'f': q}[names.pop()]() }}",
    ] {
        let engine = engine(&[("shop/macros/a.sql", macros)]);
        for executes in [false, true] {
            assert_eq!(render_with(&engine, text, executes).unwrap(), "q", "{text}");
        }
    }
}

#[test]
fn a_replaced_built_in_macro_gets_its_defaults() {
    let macros = "{% macro default__generate_schema_name(custom_schema_name, node) %}{{ node is none }} {{ custom_schema_name }}{% endmacro %}";
    for call in ["{{ generate_schema_name(custom_schema_name='m') }}", "{{ generate_schema_name('m') }}"] {
        assert_eq!(run(macros, call), "True m", "{call}");
    }
    assert_eq!(run(macros, "{{ generate_schema_name(node=1, custom_schema_name='m') }}"), "False m");
}

#[test]
fn long_integers_are_written_out() {
    let text =
        "{{ 0xa020d57ab0448ef74115c112d18a9c231cc86000 }} {{ 123456789012345678901234567890123456789012 }}";
    let expected =
        "914170743843819636241048683169470459684082704384 123456789012345678901234567890123456789012";
    assert_eq!(run("", text), expected);
    assert!(fails("", "{{ 123456789012345678901234567890123456789012 + 1 }}").message.contains("'int'"));
}

#[test]
fn what_yaml_cannot_hold_gives_the_default() {
    let text = "{{ toyaml({'a': range}, 'no') }}{{ toyaml(range) }}{{ toyaml({'a': [1, none]}) }}";
    assert_eq!(run("", text), "noNonea:\n- 1\n- null\n");
}
