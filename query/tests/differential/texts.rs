//! Words, phrases, prefixes, parts of words and regular expressions in random bodies, and attributes that many or few records have, held
//! against the records as they were generated, in
//! every form in which storage keeps them. Which forms were reached is printed, and has to be all of them.

use std::collections::BTreeMap;
use std::path::Path;

use clearspan_query::{AskedRange, AskedTime, LogsRequest, Order};
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_storage::shape::Shape;
use clearspan_storage::{Incoming, TenantId};
use regex::Regex;

use crate::random::Random;
use crate::records::START;
use crate::store::{ARRIVAL_NS, Store};

const MINUTE: u64 = 60_000_000_000;
const ROWS: usize = 1_200;
const QUERIES: usize = 200;
const RARE_KEYS: u64 = 12;
const OPERATORS: [&str; 4] = ["AND", "OR", "NOT", "TO"];
const REGEX: &str = "regular expression";

/// What bodies are made from: `#` is a number, `$` the record's own trace id, `%` its span id.
const FORMS: [&str; 14] = [
    "GET /api/orders/# took # ms",
    "Seat # of train G# is sold, Route ID: #",
    "user=u# logged in from 10.0.0.#",
    "trace $ span % done",
    "connection refused: #.#.#.#:#",
    "Straße # in KÖLN",
    "\u{212a}elvin # degrees",
    "日本語 # ログ",
    "errors: #, error code-#, ERROR",
    "no variable in here",
    "é#é glued#to words",
    "{\"key\": \"#\", \"id\": \"$\"}",
    "a_b a-b a.b # A_B",
    "aa aa aaa aa # aaaa",
];

const WORDS: [&str; 12] = [
    "error", "ERROR", "Route ID", "refused", "straße", "kelvin", "日本", "é", "a-b", "aa", "ms",
    "code",
];

struct Log {
    time: u64,
    body: Option<String>,
    is_json: bool,
    trace: u8,
    /// `often`, which gets a column.
    often: Option<i64>,
    /// The number of a key that few records have, which gets none.
    rare: Option<u64>,
}

fn hex(byte: u8, length: usize) -> String {
    format!("{byte:02x}").repeat(length)
}

impl Log {
    fn random(random: &mut Random) -> Self {
        let trace = random.below(200) as u8 + 1;
        let body = match random.below(20) {
            0 => None,
            // Text that no other record has: such rows get no template.
            1..4 => Some(unique(random)),
            _ => Some(filled(random.pick(&FORMS), trace, random)),
        };
        Log {
            time: START + random.below(6 * MINUTE),
            is_json: random.one_in(25),
            body,
            trace,
            often: random.one_in(2).then(|| random.below(9) as i64),
            rare: random.one_in(40).then(|| random.below(RARE_KEYS)),
        }
    }

    /// The text that is searched.
    fn text(&self) -> Option<String> {
        let body = self.body.as_ref()?;
        Some(match self.is_json {
            false => body.clone(),
            true => format!("[{}]", json_string(body)),
        })
    }
}

fn json_string(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('\u{2}', "\\u0002"))
}

fn filled(form: &str, trace: u8, random: &mut Random) -> String {
    let mut body = String::new();
    for c in form.chars() {
        match c {
            '#' => {
                let digits = random.below(7) as u32;
                body += &random.below(1 + 10u64.pow(digits)).to_string();
            }
            '$' => body += &hex(trace, 16),
            '%' => body += &hex(trace, 8),
            c => body.push(c),
        }
    }
    body
}

fn unique(random: &mut Random) -> String {
    const LETTERS: [char; 14] = [
        'a', 'B', 'k', '\u{212a}', 'ß', 'é', '日', ' ', ' ', '-', '.', '_', '7', '\u{2}',
    ];
    let length = 3 + random.below(40);
    let mut text: String = (0..length).map(|_| random.pick(&LETTERS)).collect();
    if random.one_in(2) {
        text += random.pick(&WORDS);
    }
    text
}

fn batch(logs: &[Log]) -> Incoming {
    let mut builder = LogsBuilder::new(logs.len(), ARRIVAL_NS);
    let resource = ResourceRef {
        present: true,
        ..ResourceRef::default()
    };
    builder.group(&resource, &ScopeRef::default(), Some("cart"));
    for log in logs {
        let mut value = Vec::new();
        let text = log.body.as_deref().unwrap_or_default();
        AnyWriter::new(&mut value).array(|items| items.string(text));
        let body = match (&log.body, log.is_json) {
            (None, _) => Body::Absent,
            (Some(text), false) => Body::Text(text),
            (Some(_), true) => Body::Value(&value),
        };
        let mut attributes = Vec::new();
        let mut writer = AnyWriter::new(&mut attributes);
        if let Some(often) = log.often {
            writer.key("often").int(often);
        }
        if let Some(rare) = log.rare {
            writer.key(&format!("rare-{rare}")).string("so");
        }
        let row = LogRow {
            time: log.time,
            observed_time: 0,
            severity_number: 9,
            severity_text: "",
            event_name: "",
            body,
            trace_id: Some([log.trace; 16]),
            span_id: Some([log.trace; 8]),
            flags: 0,
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    Incoming::Logs(builder.finish().unwrap())
}

/// What is asked, and which records are wanted by the words of the language's description.
struct Asked {
    query: String,
    kind: &'static str,
    wanted: Wanted,
}

enum Wanted {
    Text(Standing),
    Both(Standing, Standing),
    Either(Standing, Standing),
    Often(i64),
    Rare(u64),
}

/// What has to stand in the text.
struct Standing {
    pattern: Regex,
    /// Whether a word may not go on before it, and after it.
    closed: (bool, bool),
}

impl Asked {
    fn random(texts: &[String], random: &mut Random) -> Self {
        match random.below(11) {
            2 => Asked::two(texts, random, true),
            3 => Asked::two(texts, random, false),
            0 => {
                let least = random.below(9) as i64;
                Asked::new(format!("often>={least}"), "column", Wanted::Often(least))
            }
            1 => {
                let rare = random.below(RARE_KEYS);
                Asked::new(format!("rare-{rare}:so"), "residual", Wanted::Rare(rare))
            }
            _ => Asked::random_text(texts, random),
        }
    }

    /// Two words or phrases, both or either.
    fn two(texts: &[String], random: &mut Random, both: bool) -> Self {
        // From the same text, or both would hardly ever stand in one.
        let text = texts[random.below(texts.len() as u64) as usize].clone();
        let text = [text];
        let mut one = || loop {
            let asked = Asked::random_text(&text, random);
            if let (Wanted::Text(standing), true) = (asked.wanted, asked.kind != REGEX)
                && (standing.stands_in(&text[0]) || random.one_in(20))
            {
                break (asked.query, standing);
            }
        };
        let ((first, a), (second, b)) = (one(), one());
        match both {
            true => Asked::new(format!("{first} {second}"), "both", Wanted::Both(a, b)),
            false => Asked::new(
                format!("{first} OR {second}"),
                "either",
                Wanted::Either(a, b),
            ),
        }
    }

    fn random_text(texts: &[String], random: &mut Random) -> Self {
        let text = match random.one_in(3) {
            true => random.pick(&WORDS).to_owned(),
            false => {
                let from = &texts[random.below(texts.len() as u64) as usize];
                let from: Vec<char> = from.chars().collect();
                let start = random.below(from.len() as u64) as usize;
                let length = 1 + random.below(12) as usize;
                from[start..].iter().take(length).collect()
            }
        };
        let text: String = text.trim().replace('\u{2}', "x");
        let text = if text.is_empty() {
            "error".to_owned()
        } else {
            text
        };
        let is_word = text.chars().all(is_word_char) && !OPERATORS.contains(&&*text);
        let exact = regex::escape(&text);
        let open = format!("(?i){exact}");
        let ends = (text.starts_with(is_word_char), text.ends_with(is_word_char));
        match random.below(4) {
            0 if is_word => Asked::text(format!("{text}*"), "prefix", &open, (true, false)),
            1 if is_word => {
                Asked::text(format!("*{text}*"), "part of a word", &open, (false, false))
            }
            2 => {
                let query = format!("body:/{}/", exact.replace('/', "\\/"));
                Asked::text(query, REGEX, &exact, (false, false))
            }
            _ => Asked::text(json_string(&text), "phrase", &open, ends),
        }
    }

    fn text(query: String, kind: &'static str, pattern: &str, closed: (bool, bool)) -> Self {
        let pattern = Regex::new(pattern).unwrap();
        Asked::new(query, kind, Wanted::Text(Standing { pattern, closed }))
    }

    fn new(query: String, kind: &'static str, wanted: Wanted) -> Self {
        Asked {
            query,
            kind,
            wanted,
        }
    }

    fn wants(&self, log: &Log) -> bool {
        let stands = |standing: &Standing| log.text().is_some_and(|text| standing.stands_in(&text));
        match &self.wanted {
            Wanted::Both(a, b) => stands(a) && stands(b),
            Wanted::Either(a, b) => stands(a) || stands(b),
            Wanted::Text(standing) => log.text().is_some_and(|text| standing.stands_in(&text)),
            Wanted::Often(least) => log.often.is_some_and(|often| often >= *least),
            Wanted::Rare(number) => log.rare == Some(*number),
        }
    }
}

impl Standing {
    fn stands_in(&self, text: &str) -> bool {
        let starts = text.char_indices().map(|(at, _)| at);
        starts.chain([text.len()]).any(|start| {
            let Some(found) = self.pattern.find_at(text, start) else {
                return false;
            };
            let before = text[..found.start()].ends_with(is_word_char);
            let after = text[found.end()..].starts_with(is_word_char);
            !((self.closed.0 && before) || (self.closed.1 && after))
        })
    }
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// How many rows that were searched lay in which form, by what the folders say.
#[derive(Default)]
struct Forms(BTreeMap<&'static str, u64>);

impl Forms {
    fn add(&mut self, form: &'static str, rows: u64) {
        *self.0.entry(form).or_default() += rows;
    }

    /// Adds the segments below `folder`; returns how many rows they have.
    fn add_segments(&mut self, folder: &Path) -> u64 {
        let mut rows = 0;
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                rows += self.add_segments(&path);
            }
        }
        let Ok(shape) = std::fs::read(folder.join("shape.bin")) else {
            return rows;
        };
        let shape = Shape::decode(&shape).unwrap();
        let templates = shape.templates();
        let templated: u64 = (0..)
            .map_while(|id| templates.rows(id))
            .map(u64::from)
            .sum();
        let (split, plain) = match folder.join("rows.parquet").exists() {
            true => ("Parquet, template", "Parquet, plain"),
            false => ("Arrow, template", "Arrow, plain"),
        };
        let source = shape.key_source("rare-3");
        assert!(source.columns.is_empty() && shape.key_source("often").columns.len() == 1);
        self.add("residual", shape.row_count() * u64::from(source.residual));
        self.add(split, templated);
        self.add(plain, shape.row_count() - templated);
        rows + shape.row_count()
    }
}

async fn found(store: &Store, query: &str, range: AskedRange) -> (Vec<i64>, u64) {
    let request = LogsRequest {
        query: query.into(),
        range,
        order: Order::Ascending,
        limit: 10_000,
        cursor: None,
    };
    let answer = store
        .engine
        .search_logs(&TenantId::default(), request)
        .await;
    let answer = answer.unwrap_or_else(|error| panic!("{query}: {error}"));
    let records = answer.rows.records().unwrap();
    let time = |record: clearspan_query::LogRecord<'_>| record.log.time as i64;
    (records.iter().map(time).collect(), answer.matched)
}

/// All time, or from or to some instant, on a minute or not.
fn any_range(random: &mut Random) -> AskedRange {
    let mut end = |or_not: u64| {
        let on = START + random.below(6) * MINUTE;
        let at = if random.one_in(2) {
            on
        } else {
            on + random.below(MINUTE)
        };
        (!random.one_in(or_not)).then_some(AskedTime::At(at.into()))
    };
    let (from, to) = (end(2), end(2));
    match (from, to) {
        (Some(AskedTime::At(a)), Some(AskedTime::At(b))) if a > b => {
            AskedRange { from: to, to: from }
        }
        _ => AskedRange { from, to },
    }
}

fn holds(range: AskedRange, time: u64) -> bool {
    let bound = |asked: Option<AskedTime>| match asked {
        Some(AskedTime::At(at)) => Some(at),
        _ => None,
    };
    bound(range.from).is_none_or(|from| i128::from(time) >= from)
        && bound(range.to).is_none_or(|to| i128::from(time) < to)
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "says how often it reached what")]
async fn texts_are_found_in_every_form_that_storage_keeps() {
    let mut random = Random::new(77);
    let store = Store::new();
    let mut logs: Vec<Log> = Vec::new();
    let mut forms = Forms::default();
    let mut kinds: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for stage in ["memtable", "Arrow", "Arrow and memtable", "Parquet", "all"] {
        if !stage.starts_with("Arrow and") && stage != "memtable" {
            store.flush();
        }
        if stage == "Parquet" {
            store.compact();
        }
        if stage != "Arrow" && stage != "Parquet" {
            let first = logs.len();
            logs.extend((0..ROWS).map(|_| Log::random(&mut random)));
            store.append(batch(&logs[first..]));
        }
        let in_segments = forms.add_segments(&store.folder.path().join("data"));
        forms.add("memtable", logs.len() as u64 - in_segments);
        let texts: Vec<String> = logs.iter().filter_map(Log::text).collect();
        for _ in 0..QUERIES {
            let asked = Asked::random(&texts, &mut random);
            let range = any_range(&mut random);
            let wanted = logs
                .iter()
                .filter(|log| holds(range, log.time) && asked.wants(log));
            let mut expected: Vec<i64> = wanted.map(|log| log.time as i64).collect();
            expected.sort_unstable();
            let (rows, matched) = found(&store, &asked.query, range).await;
            assert_eq!(rows, expected, "{stage}: {} in {range:?}", asked.query);
            assert_eq!(matched, expected.len() as u64, "{stage}: {}", asked.query);
            let kind = kinds.entry(asked.kind).or_default();
            kind[usize::from(!expected.is_empty())] += 1;
        }
    }
    println!(
        "rows that were searched {QUERIES} times, by form: {:?}",
        forms.0
    );
    println!("queries without and with matches: {kinds:?}");
    for form in [
        "memtable",
        "Arrow, template",
        "Arrow, plain",
        "Parquet, template",
        "Parquet, plain",
        "residual",
    ] {
        assert!(forms.0.get(form).is_some_and(|&rows| rows > 100), "{form}");
    }
    for kind in [
        "phrase",
        "prefix",
        "part of a word",
        REGEX,
        "both",
        "either",
        "column",
        "residual",
    ] {
        assert!(
            kinds.get(kind).is_some_and(|counts| counts[1] > 20),
            "{kind}"
        );
    }
}
