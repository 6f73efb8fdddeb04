//! What a reader of a terminal sees of the bytes that a program wrote to it.

const TAB: usize = 8;

/// A line of the screen. One that the terminal broke goes on in the next.
#[derive(Default)]
struct Line {
    letters: Vec<char>,
    is_broken: bool,
}

/// As wide as the terminal; nothing scrolls away.
struct Screen {
    width: usize,
    lines: Vec<Line>,
    row: usize,
    column: usize,
}

/// Without escape sequences; a line that was drawn over or erased is what it was in the end.
pub(super) fn plain(shown: &str, width: usize) -> String {
    let mut screen = Screen { width, lines: vec![Line::default()], row: 0, column: 0 };
    let mut letters = shown.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\x1b' => screen.escape(&mut letters),
            '\r' => screen.column = 0,
            '\x08' => screen.column = screen.column.saturating_sub(1),
            '\n' => screen.down(),
            '\t' => screen.column = (screen.column / TAB + 1) * TAB,
            letter if letter.is_control() => {}
            letter => screen.write(letter),
        }
    }
    screen.text()
}

impl Screen {
    fn down(&mut self) {
        self.row += 1;
        if self.row == self.lines.len() {
            self.lines.push(Line::default());
        }
    }

    fn write(&mut self, letter: char) {
        if self.column >= self.width {
            self.lines[self.row].is_broken = true;
            self.down();
            self.column = 0;
        }
        let letters = &mut self.lines[self.row].letters;
        if letters.len() <= self.column {
            letters.resize(self.column + 1, ' ');
        }
        letters[self.column] = letter;
        self.column += 1;
    }

    fn escape(&mut self, letters: &mut std::str::Chars<'_>) {
        match letters.next() {
            Some('[') => {}
            // a title
            Some(']') => {
                letters.find(|letter| *letter == '\x07');
                return;
            }
            Some('(' | ')') => {
                letters.next();
                return;
            }
            _ => return,
        }
        let mut codes = String::new();
        let end = letters.find(|letter| {
            codes.push(*letter);
            matches!(letter, '@'..='~')
        });
        codes.pop();
        let number: Option<usize> = codes.parse().ok();
        let count = number.unwrap_or(1);
        match end {
            Some('A') => self.row = self.row.saturating_sub(count),
            Some('B') => self.row = (self.row + count).min(self.lines.len() - 1),
            Some('C') => self.column = (self.column + count).min(self.width - 1),
            Some('D') => self.column = self.column.min(self.width - 1).saturating_sub(count),
            Some('G') => self.column = count.saturating_sub(1),
            Some('J') => {
                self.erase(number);
                self.lines.truncate(self.row + 1);
            }
            Some('K') => self.erase(number),
            _ => {}
        }
    }

    /// To the end of the line, or all of it.
    fn erase(&mut self, what: Option<usize>) {
        let line = &mut self.lines[self.row];
        line.letters.truncate(if what == Some(2) { 0 } else { self.column });
        line.is_broken = false;
    }

    fn text(self) -> String {
        let mut text = String::new();
        for Line { letters, is_broken } in self.lines {
            let line: String = letters.into_iter().collect();
            if is_broken {
                text.push_str(&line);
            } else {
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        text.pop();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_erased_or_drawn_over_is_not_seen() {
        assert_eq!(plain("abcdefgh\r\nx", 5), "abcdefgh\nx");
        assert_eq!(
            plain("1   \r\x1b[2K2\r\n3    4    \x1b[1A\r\x1b[2K\x1b[1B\r\x1b[2K\x1b[1A5\r\n", 5),
            "2\n5\n"
        );
        assert_eq!(plain("\x1b[32mred\x1b[0m\x1b]0;title\x07\x1b(B\x1b=!", 5), "red!");
    }
}
