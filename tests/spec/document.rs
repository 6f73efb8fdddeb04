//! A Markdown file as text, headings and fenced blocks.

/// A fenced block: what stands behind the opening fence, and what is inside.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) info: String,
    pub(crate) body: String,
    fence: String,
}

impl Block {
    pub(crate) fn replace_body(&mut self, body: String) {
        self.body = body;
    }
}

enum Part {
    Line(String),
    Heading(String),
    Block(Block),
}

pub(crate) struct Document {
    parts: Vec<Part>,
}

impl Document {
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let ticks = line.len() - line.trim_start_matches('`').len();
            if ticks >= 3 {
                let fence = "`".repeat(ticks);
                let mut body = String::new();
                for line in lines.by_ref().take_while(|line| *line != fence) {
                    body.push_str(line);
                    body.push('\n');
                }
                parts.push(Part::Block(Block { info: line[ticks..].to_owned(), body, fence }));
            } else if line.starts_with("## ") {
                parts.push(Part::Heading(line.to_owned()));
            } else {
                parts.push(Part::Line(line.to_owned()));
            }
        }
        Self { parts }
    }

    /// The blocks before the first section: every section begins with them.
    pub(crate) fn shared(&self) -> impl Iterator<Item = &Block> {
        let before = self.parts.iter().take_while(|part| !matches!(part, Part::Heading(_)));
        before.filter_map(|part| if let Part::Block(block) = part { Some(block) } else { None })
    }

    /// The blocks of each section that begins with `## `.
    pub(crate) fn sections(&mut self) -> Vec<Vec<&mut Block>> {
        let mut sections: Vec<Vec<&mut Block>> = Vec::new();
        for part in &mut self.parts {
            match part {
                Part::Heading(_) => sections.push(Vec::new()),
                Part::Block(block) => {
                    if let Some(section) = sections.last_mut() {
                        section.push(block);
                    }
                }
                Part::Line(_) => {}
            }
        }
        sections
    }

    pub(crate) fn into_text(self) -> String {
        let parts = self.parts.into_iter().map(|part| match part {
            Part::Line(line) | Part::Heading(line) => format!("{line}\n"),
            Part::Block(Block { info, body, fence }) => format!("{fence}{info}\n{body}{fence}\n"),
        });
        parts.collect()
    }
}

/// The words of a command; quotes, single or double, hold one together.
pub(crate) fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    for character in command.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

#[test]
fn a_document_is_written_as_it_was_read() {
    let text =
        "# T\n\n```sql models/a.sql\nselect 1\n```\n\n## S\n\n````console\n$ rsdbt run\n```\n````\nend\n";
    let mut document = Document::parse(text);
    assert_eq!(document.shared().count(), 1);
    assert_eq!(document.sections().len(), 1);
    assert_eq!(document.into_text(), text);
    assert_eq!(words("rsdbt run --vars '{a: 1}'  -s x"), ["rsdbt", "run", "--vars", "{a: 1}", "-s", "x"]);
}
