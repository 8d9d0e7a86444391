//! What the documentation says of patterns, over lines as they were generated: each body is split by itself.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::lines::{Body, Line};

/// A pattern, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) template: String,
    pub(super) count: u64,
    pub(super) first_ns: i64,
    pub(super) last_ns: i64,
    pub(super) is_new: bool,
    pub(super) severities: BTreeMap<&'static str, u64>,
    pub(super) services: Vec<(String, u64)>,
    pub(super) series: Vec<u64>,
    pub(super) sample: String,
}

/// A template and the variables.
type Split = Option<(String, Vec<String>)>;

/// Splits by regular expressions, each text once.
pub(super) struct Plain {
    token: Regex,
    known: RefCell<BTreeMap<String, Split>>,
}

impl Plain {
    pub(super) fn new() -> Self {
        Plain {
            token: Regex::new("[A-Za-z0-9./:@_-]+").unwrap(),
            known: RefCell::default(),
        }
    }

    /// The template and the variables; `None` where a body has no pattern.
    pub(super) fn split(&self, line: &Line) -> Split {
        let text = line.text()?;
        let mut known = self.known.borrow_mut();
        let split = known.entry(text);
        split
            .or_insert_with_key(|text| self.split_text(text))
            .clone()
    }

    fn split_text(&self, text: &str) -> Split {
        if text.is_empty() || text.contains(['\u{1}', '\u{2}', '\u{3}']) {
            return None;
        }
        let (mut template, mut variables, mut copied) = (String::new(), Vec::new(), 0);
        for token in self.token.find_iter(text) {
            let Some(digit) = token.as_str().find(|c: char| c.is_ascii_digit()) else {
                continue;
            };
            let key = match token.as_str()[..digit].rfind(':') {
                Some(0) => 1,
                Some(colon) if has_more_than_hex(&token.as_str()[..colon]) => colon + 1,
                _ => 0,
            };
            template += &text[copied..token.start() + key];
            template += "\u{1}";
            variables.push(token.as_str()[key..].to_owned());
            copied = token.end();
        }
        template += &text[copied..];
        Some((template, variables))
    }

    /// The patterns of `matching`, in order, where series have buckets of `width` from `start` on, and `lines` before `from` are not new.
    pub(super) fn patterns(
        &self,
        lines: &[Line],
        matching: &[&Line],
        from: Option<i64>,
        (start, width, buckets): (i128, i128, usize),
    ) -> Vec<Expected> {
        let before = |line: &&Line| from.is_some_and(|from| (line.time as i64) < from);
        let before = lines.iter().filter(before);
        let seen: BTreeSet<String> = before
            .filter_map(|line| Some(self.split(line)?.0))
            .collect();
        let mut by_template: BTreeMap<String, Vec<&Line>> = BTreeMap::new();
        for line in matching {
            if let Some((template, _)) = self.split(line) {
                by_template.entry(template).or_default().push(line);
            }
        }
        let mut found: Vec<Expected> = by_template
            .into_iter()
            .map(|(template, rows)| {
                let mut expected = described(&rows, start, width, buckets);
                expected.is_new = from.is_some() && !seen.contains(&template);
                expected.template = template.replace('\u{1}', "<*>");
                expected
            })
            .collect();
        found.sort_by(|a, b| b.count.cmp(&a.count).then(a.template.cmp(&b.template)));
        found
    }
}

fn has_more_than_hex(text: &str) -> bool {
    text.chars()
        .any(|c| c.is_ascii_alphabetic() && !c.is_ascii_hexdigit())
}

fn described(rows: &[&Line], start: i128, width: i128, buckets: usize) -> Expected {
    let times = || rows.iter().map(|line| line.time as i64);
    let mut severities = BTreeMap::new();
    let mut services = BTreeMap::<&str, u64>::new();
    let mut series = vec![0; buckets];
    for line in rows {
        *severities.entry(line.severity_name()).or_default() += 1;
        if let Some(service) = line.service {
            *services.entry(service).or_default() += 1;
        }
        series[((i128::from(line.time) - start) / width) as usize] += 1;
    }
    let mut services: Vec<(String, u64)> = services
        .into_iter()
        .map(|(name, rows)| (name.to_owned(), rows))
        .collect();
    services.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    services.truncate(5);
    // Of equal times the one that arrived last.
    let newest = rows.iter().max_by_key(|line| line.time).unwrap();
    Expected {
        template: String::new(),
        count: rows.len() as u64,
        first_ns: times().min().unwrap(),
        last_ns: times().max().unwrap(),
        is_new: false,
        severities,
        services,
        series,
        sample: match &newest.body {
            Body::Absent => String::new(),
            _ => newest.text().unwrap(),
        },
    }
}
