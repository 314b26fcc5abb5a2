//! What is wrong with which field of a form: collected, so that all mistakes are told at once.

/// What is wrong, each with its field. Of one field the first is told.
#[derive(Debug, Default)]
pub(crate) struct Wrong(pub(crate) Vec<(&'static str, String)>);

impl Wrong {
    /// Notes a mistake. Gives what a field that is wrong counts as.
    pub(crate) fn say(&mut self, field: &'static str, text: &str) -> String {
        if !self.0.iter().any(|(known, _)| *known == field) {
            self.0.push((field, text.to_owned()));
        }
        String::new()
    }

    /// One line of text, trimmed.
    pub(crate) fn text(&mut self, field: &'static str, text: Option<String>, max: usize) -> Option<String> {
        let text = self.lines(field, text, max)?;
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (!line.is_empty()).then_some(line)
    }

    /// Text of any number of lines. Control characters have no business in it, and PostgreSQL can't hold a NUL.
    pub(crate) fn lines(&mut self, field: &'static str, text: Option<String>, max: usize) -> Option<String> {
        let text: String = text?.chars().filter(|char| !char.is_control() || matches!(char, '\n' | '\t')).collect();
        if text.chars().count() > max {
            self.say(field, &format!("This may have at most {max} characters."));
        }
        let text = text.trim().to_owned();
        (!text.is_empty()).then_some(text)
    }
}
