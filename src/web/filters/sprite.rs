use std::fmt::{self, Display, Formatter, Write};
use std::sync::LazyLock;

use askama::{FastWritable, Values};

use crate::web::assets;

/// The sprite's address: a page has two dozen icons.
static SPRITE: LazyLock<&str> = LazyLock::new(|| assets::url("icons.svg"));

/// An icon of the sprite, which writes itself where it stands.
pub struct Icon<N> {
    /// In the sprite.
    pub name: N,
    /// Classes beside `icon`; mostly none.
    pub more: String,
}

impl<N: Display> Icon<N> {
    /// Of the usual size.
    pub fn new(name: N) -> Self {
        Self { name, more: String::new() }
    }

    fn write(&self, to: &mut dyn Write) -> fmt::Result {
        to.write_str("<svg class=\"icon")?;
        if !self.more.is_empty() {
            to.write_char(' ')?;
            Plain(to).write_str(&self.more)?;
        }
        to.write_str("\" aria-hidden=\"true\"><use href=\"")?;
        to.write_str(&SPRITE)?;
        to.write_char('#')?;
        write!(Plain(to), "{}", self.name)?;
        to.write_str("\"/></svg>")
    }
}

impl<N: Display> Display for Icon<N> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.write(formatter)
    }
}

impl<N: Display> FastWritable for Icon<N> {
    fn write_into(&self, to: &mut dyn Write, _: &dyn Values) -> askama::Result<()> {
        Ok(self.write(to)?)
    }
}

/// Lets through what names and classes are made of, so that nothing else gets into an attribute.
struct Plain<'a>(&'a mut dyn Write);

impl Write for Plain<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | ' ');
        text.split(|letter| !is_plain(letter)).try_for_each(|part| self.0.write_str(part))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_icon_is_hidden_from_screen_readers() {
        let written = Icon::new("heart").to_string();
        assert!(written.starts_with("<svg class=\"icon\" aria-hidden=\"true\"><use href=\"/static/"), "{written}");
        assert!(written.ends_with("/icons.svg#heart\"/></svg>"), "{written}");
    }

    #[test]
    fn nothing_gets_out_of_an_icon() {
        let written = Icon { name: "x\"><script>", more: "spin\"".to_owned() }.to_string();
        assert_eq!(written, format!("<svg class=\"icon spin\" aria-hidden=\"true\"><use href=\"{}#xscript\"/></svg>", *SPRITE));
    }
}
