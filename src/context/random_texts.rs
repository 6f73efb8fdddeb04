//! Broken templates by the thousand: whatever the text, there is a result or a diagnostic that points into it.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::jinja::{BlockKind, Context, cut_blocks, static_calls};

use super::tests::{engine, node};

const SEEDS: [&str; 12] = [
    "{% macro m(a, b='x', c=[1, {'k': v}]) -%} {{ a ~ b }} {%- endmacro %}\n{{ m(1, c=none) }}",
    "{% test t(model, column_name: string) %}select '{{ model }}' é{% endtest %}",
    "{%- materialization x, adapter='postgres', supported_languages=['sql'] -%}{{ return({}) }}{%- endmaterialization -%}",
    "{% snapshot s %}{{ config(a=1) }} select 1 {% endsnapshot %}{% docs d %}# {{ x }}{% enddocs %}",
    "{% for x, y in [(1, 2), ('ü', none)] if x is not none %}{{ loop.index }}{{ x }}{% else %}-{% endfor %}",
    "{% if a: %}{% do xs.append(1) %}{% elif b == 'c' %}{{ b[1:2] }}{% else %}{% do x %}{% endif %}",
    "{% call(x) m(*[1], **{'k': 2}) %}a{{ x }}{% endcall %}{% raw %}{{ {% }}{% endraw %}",
    "{% set ns = namespace(a=1) %}{% set ns.a = ns.a + 1 %}{% set q %}é{{ ns.a }}{% endset %}{{ q | upper }}",
    "{# comment {{ \"}}\" #}{{ '%s' % who }}\r\n{{- -1 ** 2 // 3 -}}\r\n{% for i in 'a', 'b' %}{% break %}{% endfor %}",
    "{{ adapter.dispatch('x', 'dbt_utils')(1)[0].y | default('z', true) | join(',') }}",
    "{% filter upper %}a{% with b = 1, c = b %}{{ c }}{% endwith %}{% endfilter %}{{ \"\\x41\\u00e9\\d\" }}",
    "select * from {{ ref('a') }} -- {{ '}}' }} 日本語 {{ undefined.name.other() }}",
];

/// A small generator: the texts must be the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }

    fn place(&mut self, text: &str) -> usize {
        let mut at = self.below(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    fn mutated(&mut self) -> String {
        const PIECES: [&str; 18] = [
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "-",
            "'",
            "\"",
            "(",
            ")",
            "[",
            "]",
            "|",
            "\\",
            "\n",
            "{% endif %}",
            "é",
        ];
        let mut text = SEEDS[self.below(SEEDS.len())].to_owned();
        for _ in 0..=self.below(4) {
            let (from, to) = (self.place(&text), self.place(&text));
            let (from, to) = (from.min(to), from.max(to));
            match self.below(4) {
                0 => text.replace_range(from..to.min(boundary(&text, from + 6)), ""),
                1 => text.insert_str(from, PIECES[self.below(PIECES.len())]),
                2 => {
                    let other = SEEDS[self.below(SEEDS.len())];
                    let at = self.place(other);
                    text.insert_str(from, &other[at..boundary(other, at + 12)]);
                }
                _ => text.truncate(to),
            }
        }
        text
    }
}

fn boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|&at| text.is_char_boundary(at)).unwrap_or(text.len())
}

fn points_into_its_text(text: &str, diagnostic: &Diagnostic) {
    assert!(!diagnostic.message.is_empty(), "{text}");
    for label in &diagnostic.labels {
        let Span { source, range } = &label.span;
        assert!(range.start <= range.end && range.end <= source.text.len(), "{range:?} in {text:?}");
        let at = source.text.get(range.clone());
        assert!(at.is_some(), "{range:?} splits a character of {text:?}");
    }
}

#[test]
fn broken_texts_give_diagnostics_and_never_a_panic() {
    let engine =
        engine(&[("shop/macros/a.sql", "{% macro m(a) %}{{ a }}{{ caller() if caller }}{% endmacro %}")]);
    let kinds =
        [BlockKind::Macro, BlockKind::Test, BlockKind::Materialization, BlockKind::Snapshot, BlockKind::Docs];
    let mut numbers = Numbers(20);
    for round in 0..3000 {
        let text = numbers.mutated();
        let source = SourceText::new("models/a.sql", text.as_str());
        match cut_blocks(&source, &kinds) {
            Ok(found) => {
                for block in &found {
                    assert!(
                        source.text.get(block.range.clone()).is_some()
                            && source.text.get(block.body.clone()).is_some()
                    );
                }
            }
            Err(diagnostic) => points_into_its_text(&text, &diagnostic),
        }
        let context: Arc<dyn Context> = Arc::new(node(round % 2 == 0));
        if let Err(diagnostic) = engine.render(&source, &context) {
            points_into_its_text(&text, &diagnostic);
        }
        let whole = Span::new(&source, 0..text.len());
        if let Err(diagnostic) = engine.evaluate(&text, &whole, &context) {
            points_into_its_text(&text, &diagnostic);
        }
        static_calls(&text);
    }
}
