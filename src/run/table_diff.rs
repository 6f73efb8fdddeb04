//! What a unit test expected and what it got, row against row, in the form of daff's highlighter that dbt
//! prints: `@@` header, `→` changed rows, `+++` surplus and `---` missing ones.

/// A cell as text; `None` is NULL.
pub(super) type Row = Vec<Option<String>>;

/// The columns and both sides, as sets of rows: order does not matter, number does.
#[derive(Debug, Clone, Default)]
pub(super) struct Comparison {
    pub(super) columns: Vec<String>,
    pub(super) expected: Vec<Row>,
    pub(super) actual: Vec<Row>,
}

enum Line {
    Same(Row),
    Changed(Row, Row),
    Surplus(Row),
    Missing(Row),
}

impl Comparison {
    /// The rendered difference, or nothing when the sides agree.
    pub(super) fn difference(mut self, color: bool) -> Option<String> {
        sort(&mut self.expected);
        sort(&mut self.actual);
        if self.expected == self.actual {
            return None;
        }
        let lines = align(self.expected, self.actual);
        Some(draw(&self.columns, &lines, color))
    }
}

/// NULL sorts last, as dbt's unit tests do it.
fn sort(rows: &mut [Row]) {
    let key = |row: &Row| row.iter().map(|cell| (cell.is_none(), cell.clone())).collect::<Vec<_>>();
    rows.sort_by_cached_key(key);
}

/// Pairs equal rows, which sorting has brought into one order, then rows that share most of their cells.
fn align(expected: Vec<Row>, actual: Vec<Row>) -> Vec<Line> {
    let mut taken = vec![false; expected.len()];
    let mut pairs: Vec<Option<usize>> = vec![None; actual.len()];
    for operation in similar::capture_diff_slices(similar::Algorithm::Myers, &expected, &actual) {
        if let similar::DiffOp::Equal { old_index, new_index, len } = operation {
            for step in 0..len {
                taken[old_index + step] = true;
                pairs[new_index + step] = Some(old_index + step);
            }
        }
    }
    for (row, pair) in actual.iter().zip(&mut pairs) {
        if pair.is_some() {
            continue;
        }
        let shared = |other: &Row| {
            row.iter().zip(other).filter(|(left, right)| left.is_some() && left == right).count()
        };
        let best = (0..expected.len())
            .filter(|&at| !taken[at] && shared(&expected[at]) > 0)
            .max_by_key(|&at| (shared(&expected[at]), std::cmp::Reverse(at)));
        if let Some(at) = best {
            taken[at] = true;
            *pair = Some(at);
        }
    }
    let mut lines: Vec<Line> = actual
        .into_iter()
        .zip(pairs)
        .map(|(row, pair)| match pair {
            Some(at) if expected[at] == row => Line::Same(row),
            Some(at) => Line::Changed(expected[at].clone(), row),
            None => Line::Surplus(row),
        })
        .collect();
    lines.extend(
        expected.into_iter().zip(taken).filter(|(_, taken)| !taken).map(|(row, _)| Line::Missing(row)),
    );
    lines
}

struct Pen {
    color: bool,
}

impl Pen {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A cell before it is drawn: its width is that of the bare text.
struct Drawn {
    bare: usize,
    painted: String,
}

fn draw(columns: &[String], lines: &[Line], color: bool) -> String {
    let pen = Pen { color };
    let cell = |code: &str, text: &str| Drawn { bare: text.chars().count(), painted: pen.paint(code, text) };
    let mut table = vec![
        std::iter::once("@@")
            .chain(columns.iter().map(String::as_str))
            .map(|text| cell("0;1", text))
            .collect(),
    ];
    let near = |at: usize| {
        let from = at.saturating_sub(1);
        lines[from..lines.len().min(at + 2)].iter().any(|line| !matches!(line, Line::Same(_)))
    };
    let mut skipping = false;
    for (at, line) in lines.iter().enumerate() {
        if !near(at) {
            if !skipping {
                table.push((0..=columns.len()).map(|_| cell("", "...")).map(plain).collect());
            }
            skipping = true;
            continue;
        }
        skipping = false;
        table.push(drawn_line(line, &pen));
    }
    let width =
        |column: usize| table.iter().map(|row: &Vec<Drawn>| row[column].bare).max().unwrap_or_default();
    let widths: Vec<usize> = (0..=columns.len()).map(width).collect();
    let comma = pen.paint("33", ",");
    let mut text = String::new();
    for row in &table {
        for (column, drawn) in row.iter().enumerate() {
            if column > 0 {
                text.push_str(&comma);
            }
            text.push_str(&drawn.painted);
            if column < columns.len() {
                text.extend(std::iter::repeat_n(' ', widths[column] - drawn.bare));
            }
        }
        text.push('\n');
    }
    text
}

fn plain(drawn: Drawn) -> Drawn {
    Drawn { painted: "...".to_owned(), ..drawn }
}

fn drawn_line(line: &Line, pen: &Pen) -> Vec<Drawn> {
    let whole = |code: &str, mark: &str, row: &Row| {
        let texts = std::iter::once(mark).chain(row.iter().map(|cell| cell.as_deref().unwrap_or("null")));
        texts
            .map(|text| Drawn {
                bare: text.chars().count(),
                painted: if code.is_empty() { text.to_owned() } else { pen.paint(code, text) },
            })
            .collect()
    };
    match line {
        Line::Same(row) => whole("", "", row),
        Line::Surplus(row) => whole("32;1", "+++", row),
        Line::Missing(row) => whole("31;1", "---", row),
        Line::Changed(expected, actual) => {
            let mut drawn = vec![Drawn { bare: 1, painted: pen.paint("34;1", "→") }];
            drawn.extend(expected.iter().zip(actual).map(|(old, new)| {
                if old == new {
                    let text = new.as_deref().unwrap_or("null");
                    return Drawn { bare: text.chars().count(), painted: text.to_owned() };
                }
                let (old, new) = (old.as_deref().unwrap_or("NULL"), new.as_deref().unwrap_or("NULL"));
                Drawn {
                    bare: old.chars().count() + 1 + new.chars().count(),
                    painted: format!(
                        "{}{}{}",
                        pen.paint("31;1", old),
                        pen.paint("34;1", "→"),
                        pen.paint("32;1", new)
                    ),
                }
            }));
            drawn
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[&[&str]]) -> Vec<Row> {
        text.iter()
            .map(|row| row.iter().map(|cell| (*cell != "NULL").then(|| (*cell).to_owned())).collect())
            .collect()
    }

    fn diff(expected: &[&[&str]], actual: &[&[&str]]) -> Option<String> {
        let comparison = Comparison {
            columns: vec!["id".into(), "v".into()],
            expected: rows(expected),
            actual: rows(actual),
        };
        comparison.difference(false)
    }

    #[test]
    fn order_does_not_matter() {
        assert_eq!(diff(&[&["1", "x"], &["2", "NULL"]], &[&["2", "NULL"], &["1", "x"]]), None);
    }

    #[test]
    fn a_changed_row_shows_both_values() {
        let text = diff(&[&["1", "x"], &["2", "y"], &["3", "z"]], &[&["1", "x"], &["2", "q"], &["3", "z"]]);
        assert_eq!(text.unwrap(), "@@,id,v\n  ,1 ,x\n→ ,2 ,y→q\n  ,3 ,z\n");
    }

    #[test]
    fn surplus_and_missing_rows_are_marked() {
        let text = diff(&[&["1", "x"], &["2", "y"]], &[&["1", "x"]]).unwrap();
        assert_eq!(text, "@@ ,id,v\n   ,1 ,x\n---,2 ,y\n");
        let text = diff(&[&["1", "x"]], &[&["1", "x"], &["5", "NULL"]]).unwrap();
        assert_eq!(text, "@@ ,id,v\n   ,1 ,x\n+++,5 ,null\n");
    }
}
