//! Files that are right but for one mistake.

use super::Project;

/// What of the right text is replaced, by what, the place of the error, and a part of its message.
pub(crate) type Mistake = (&'static str, &'static str, &'static str, &'static str);

/// Each mistake alone is an error of `parse`, with its place in the file.
pub(crate) fn assert_mistakes(project: &Project, file: &str, right: &str, mistakes: &[Mistake]) {
    for (from, to, place, message) in mistakes {
        assert!(right.contains(from), "{from}");
        project.write(file, &right.replacen(from, to, 1));
        let output = project.run(&["parse"]);
        assert_eq!(output.status, 2, "{to}\n{}", output.text);
        assert!(output.text.contains(message), "{message}\n{}", output.text);
        assert!(output.text.contains(&format!("{file}:{place}")), "{place}\n{}", output.text);
    }
}
