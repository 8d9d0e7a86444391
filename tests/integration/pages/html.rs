//! What every page keeps, and finding one's way in its HTML. The HTML is the server's own, so plain searches in it are enough.

use super::super::api::server::{Answer, Server};

/// A page or a part of one.
pub(super) struct Html {
    pub(super) status: u16,
    pub(super) text: String,
    head: String,
}

impl Html {
    pub(super) async fn get(server: &Server, path: &str) -> Html {
        let html = Html::from(server.get(path).await);
        html.keeps_the_policy(path);
        html
    }

    /// A page that is there.
    pub(super) async fn good(server: &Server, path: &str) -> Html {
        let html = Html::get(server, path).await;
        assert_eq!(html.status, 200, "{path}: {}", html.text);
        html
    }

    /// Where it leads on by itself.
    pub(super) fn location(&self) -> Option<String> {
        let line = self
            .head
            .lines()
            .find_map(|line| line.strip_prefix("location: "));
        line.map(|link| link.trim().to_owned())
    }

    /// Nothing inline, nothing of others as markup, no character that is not seen.
    fn keeps_the_policy(&self, path: &str) {
        assert!(
            self.head
                .contains("content-security-policy: default-src 'none'; script-src 'self'"),
            "{path}: {}",
            self.head
        );
        for tag in tags(&self.text) {
            let name = tag.split([' ', '>', '/']).next().unwrap_or_default();
            assert_ne!(name, "style", "{path}");
            assert!(
                name != "script" || tag.contains(" src=\"/assets/"),
                "{path}: {tag}"
            );
            for attribute in attributes(tag) {
                let is_inline = attribute == "style" || attribute.starts_with("on");
                assert!(!is_inline, "{path}: {attribute} in {tag}");
            }
            assert!(!tag.contains("javascript:"), "{path}: {tag}");
        }
        // An input holds what was typed, as it was typed.
        for part in self
            .text
            .split('<')
            .filter(|part| !part.starts_with("input "))
        {
            let hidden = part.chars().find(|&c| {
                (c.is_control() && !matches!(c, '\n' | '\t'))
                    || ('\u{202a}'..='\u{202e}').contains(&c)
            });
            assert_eq!(hidden, None, "{path}: {part}");
        }
    }

    /// Whether the words stand in the page's text.
    pub(super) fn says(&self, words: &str) -> bool {
        self.words().contains(words)
    }

    /// The text, without markup, its white space made one.
    pub(super) fn words(&self) -> String {
        let mut out = String::new();
        for part in self.text.split('<') {
            let text = part.split_once('>').map_or(part, |(_, text)| text);
            out.push_str(&unescaped(text));
        }
        out.split([' ', '\n', '\t', '\u{a0}'])
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The values of an attribute in all tags that contain `mark`.
    pub(super) fn all(&self, mark: &str, attribute: &str) -> Vec<String> {
        let start = format!(" {attribute}=\"");
        let tags = tags(&self.text).filter(|tag| tag.contains(mark));
        tags.filter_map(|tag| {
            let (_, rest) = tag.split_once(&start)?;
            Some(unescaped(rest.split_once('"')?.0))
        })
        .collect()
    }

    /// Where the first link with `mark` leads.
    pub(super) fn link(&self, mark: &str) -> Option<String> {
        self.all(mark, "href").into_iter().next()
    }

    /// The pieces of the page from each place where `start` stands to the next.
    pub(super) fn pieces(&self, start: &str) -> Vec<&str> {
        self.text.split(start).skip(1).collect()
    }
}

impl From<Answer> for Html {
    fn from(answer: Answer) -> Self {
        Html {
            status: answer.status,
            text: String::from_utf8(answer.body).unwrap(),
            head: answer.head,
        }
    }
}

fn tags(html: &str) -> impl Iterator<Item = &str> {
    let tags = html.split('<').skip(1);
    tags.filter(|tag| !tag.starts_with('/'))
        .map(|tag| tag.split_once('>').map_or(tag, |(tag, _)| tag))
}

/// The names of a tag's attributes; values stand in double quotes.
fn attributes(tag: &str) -> Vec<&str> {
    let outside = tag.split('"').step_by(2);
    outside
        .flat_map(|part| part.split_whitespace())
        .filter_map(|part| part.strip_suffix('='))
        .collect()
}

pub(super) fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
        .replace("&#38;", "&")
}
