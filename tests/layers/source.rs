//! Rust source as far as the rules need it: tokens without comments and strings, modules, paths, functions.

/// A file, as it is or as a test makes it up.
#[derive(Clone)]
pub struct Source {
    /// From the root of the repository, such as `src/web/page.rs`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// An identifier, `::`, or one other character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

/// `crate::`, `super::` or `self::` and what follows, made absolute.
#[derive(Debug, PartialEq, Eq)]
pub struct Reference {
    /// Segments below the crate's root.
    pub path: Vec<String>,
    pub line: usize,
    /// It calls a macro of that name.
    pub is_macro: bool,
}

/// A function's name and extent.
pub struct Function {
    pub name: String,
    pub first: usize,
    pub last: usize,
    /// `pub async fn`: in a page, that is a handler.
    pub is_handler: bool,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// `src/a/b.rs` is `a::b`; `src/a/mod.rs` is `a`; `src/lib.rs` is nothing.
    pub fn module(&self) -> Vec<String> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
        if parts.last().is_some_and(|last| ["mod", "lib"].contains(&last.as_str())) {
            parts.pop();
        }
        parts
    }

    pub fn tokens(&self) -> Vec<Token> {
        Lexer { rest: &self.text, line: 1, tokens: Vec::new() }.run()
    }

    /// Everything this file refers to within the crate, inline paths too.
    pub fn references(&self) -> Vec<Reference> {
        let tokens = self.tokens();
        let mut found = Vec::new();
        // Inline modules (`mod tests {`) by the depth of braces at which they end.
        let (mut inside, mut depth) = (Vec::<(String, usize)>::new(), 0_usize);
        let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
        for at in 0..tokens.len() {
            match text(at) {
                "{" => {
                    depth += 1;
                    if at >= 2 && text(at - 2) == "mod" {
                        inside.push((text(at - 1).to_owned(), depth));
                    }
                }
                "}" => {
                    inside.retain(|(_, opened)| *opened < depth);
                    depth = depth.saturating_sub(1);
                }
                "crate" | "super" | "self" if text(at + 1) == "::" && (at == 0 || text(at - 1) != "::") => {
                    let mut module = self.module();
                    module.extend(inside.iter().map(|(name, _)| name.clone()));
                    follow(&tokens, at, &module, &[], &mut found);
                }
                _ => {}
            }
        }
        found
    }

    pub fn functions(&self) -> Vec<Function> {
        let tokens = self.tokens();
        let mut found = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            if token.text != "fn" || !tokens.get(at + 1).is_some_and(|name| is_word(&name.text)) {
                continue;
            }
            let before: Vec<&str> = tokens[at.saturating_sub(2)..at].iter().map(|token| token.text.as_str()).collect();
            let mut depth = 0_usize;
            for token in &tokens[at..] {
                match token.text.as_str() {
                    "{" => depth += 1,
                    "}" if depth == 1 => {
                        let name = tokens[at + 1].text.clone();
                        found.push(Function { name, first: tokens[at].line, last: token.line, is_handler: before == ["pub", "async"] });
                        break;
                    }
                    "}" => depth -= 1,
                    ";" if depth == 0 => break, // declared only; `[T; N]` in its head ends the search too, which is harmless
                    _ => {}
                }
            }
        }
        found
    }
}

/// Follows one path from `at` to its ends, through braces.
fn follow(tokens: &[Token], mut at: usize, module: &[String], before: &[String], found: &mut Vec<Reference>) -> usize {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
    let line = tokens.get(at).map_or(0, |token| token.line);
    let mut path: Vec<String> = before.to_vec();
    loop {
        match text(at) {
            "crate" => path.clear(),
            "self" if before.is_empty() && path.is_empty() => path = module.to_vec(),
            "super" => {
                if path.is_empty() {
                    path = module.to_vec();
                }
                path.pop();
            }
            "{" => {
                at += 1;
                while !["}", ""].contains(&text(at)) {
                    at = follow(tokens, at, module, &path, found);
                    at += usize::from(text(at) == ",");
                }
                return at + 1;
            }
            word if is_word(word) && word != "self" => path.push(word.to_owned()),
            _ => {}
        }
        if text(at + 1) == "::" && (is_word(text(at + 2)) || text(at + 2) == "{" || text(at + 2) == "*") {
            at += 2;
            continue;
        }
        found.push(Reference { path, line, is_macro: text(at + 1) == "!" && text(at + 2) != "=" });
        return if text(at + 1) == "as" { at + 3 } else { at + 1 };
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn run(mut self) -> Vec<Token> {
        while let Some(first) = self.rest.chars().next() {
            let length = self.next_length(first);
            let (text, rest) = self.rest.split_at(length);
            if is_word(text) && !text.contains('"') || text == "::" || (!first.is_whitespace() && text.chars().count() == 1) {
                self.tokens.push(Token { text: text.to_owned(), line: self.line });
            }
            self.line += text.matches('\n').count();
            self.rest = rest;
        }
        self.tokens
    }

    /// Bytes of the next token, comment, literal or white space.
    fn next_length(&self, first: char) -> usize {
        let rest = self.rest;
        let until = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
        if rest.starts_with("//") {
            return until("\n");
        }
        if rest.starts_with("/*") {
            return until("*/");
        }
        if rest.starts_with("::") {
            return 2;
        }
        if let Some(length) = raw_string(rest) {
            return length;
        }
        if rest.starts_with("b\"") || first == '"' {
            return quoted(rest);
        }
        if first == '\'' {
            return character(rest);
        }
        if is_word(&first.to_string()) {
            return rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        }
        first.len_utf8()
    }
}

fn raw_string(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - body.len() + hashes + 1;
    Some(rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()))
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    let start = rest.find('"').unwrap_or(0) + 1;
    for (at, letter) in rest[start..].char_indices() {
        match letter {
            '"' if !escaped => return start + at + 1,
            _ => escaped = letter == '\\' && !escaped,
        }
    }
    rest.len()
}

/// `'a'` and `'\n'` are characters; `'a` is a lifetime.
fn character(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1);
    match (letters.next(), letters.next()) {
        (Some((_, '\\')), _) => rest[2..].char_indices().skip(1).find(|(_, letter)| *letter == '\'').map_or(rest.len(), |(at, _)| at + 3),
        (Some(_), Some((at, '\''))) => at + 1,
        _ => rest[1..].find(|letter: char| !letter.is_alphanumeric() && letter != '_').map_or(rest.len(), |at| at + 1),
    }
}
