//! Questions of log search, held against the oracle.

use clearspan_query::{AskedRange, LogsRequest, Order};
use clearspan_schema::Signal;
use clearspan_schema::any::AnyRef;
use clearspan_storage::TenantId;

use super::ask::Asker;
use super::coverage::Coverage;
use super::meaning::Oracle;
use super::print::Printer;
use super::question::Question;
use super::records::{Record, logs};
use super::stages::{Forms, STAGES, enter, present};
use super::{LASTING, PASSING, ROWS, SHARED, TESTS, any_range, holds, random_records};
use crate::random::Random;
use crate::store::Store;

const SEED: u64 = 8_001;

/// A question, and which of all records it holds of.
struct Asked {
    question: Question,
    query: String,
    held: Vec<bool>,
}

impl Asked {
    fn random(records: &[Record], coverage: &mut Coverage, random: &mut Random) -> Self {
        let signal = Signal::Logs;
        let question = Asker {
            signal,
            records,
            random: &mut *random,
        }
        .question();
        let query = Printer { random }.whole(&question);
        let held = Oracle { signal, coverage }.holds(&question, records);
        Asked {
            question,
            query,
            held,
        }
    }

    /// The numbers of the records that it finds, in order.
    fn expected(&self, records: &[Record], range: AskedRange, order: Order) -> Vec<usize> {
        let wanted =
            |record: &&Record| self.held[record.number] && holds(range, record.log_placed());
        let mut found: Vec<&Record> = records.iter().filter(wanted).collect();
        found.sort_by_key(|record| record.log_placed());
        if order == Order::Descending {
            found.reverse();
        }
        found.iter().map(|record| record.number).collect()
    }
}

/// All pages, one after the other, and how many match.
async fn found(store: &Store, mut request: LogsRequest) -> (Vec<usize>, Option<u64>) {
    let mut numbers = Vec::new();
    loop {
        let answer = store
            .engine
            .search_logs(&TenantId::default(), request.clone())
            .await;
        let answer =
            answer.unwrap_or_else(|error| panic!("seed {SEED}: {}: {error}", request.query));
        for record in answer.rows.records().unwrap().iter() {
            let Some(AnyRef::Int(number)) = record.log.attributes.get("n") else {
                panic!("a record without a number");
            };
            numbers.push(number as usize);
        }
        request.cursor = answer.next_cursor;
        if request.cursor.is_none() {
            return (numbers, answer.matched);
        }
    }
}

/// In which order and by which pages something is asked.
fn manners(expected: usize, random: &mut Random) -> Vec<(Order, usize, bool)> {
    let mut manners = vec![(Order::Ascending, 10_000, true)];
    if random.one_in(12) {
        let order = random.pick(&[Order::Ascending, Order::Descending]);
        manners.push((order, 1 + expected / 3, random.one_in(2)));
    }
    manners
}

async fn check(
    store: &Store,
    records: &[Record],
    asked: &Asked,
    stage: &str,
    forms: &mut Forms,
    random: &mut Random,
) -> bool {
    let times: Vec<i64> = records.iter().map(Record::log_placed).collect();
    let range = any_range(&times, random);
    let any = asked.expected(records, range, Order::Ascending).len();
    for (order, limit, count) in manners(any, random) {
        let expected = asked.expected(records, range, order);
        let query = asked.query.clone();
        forms.asked(range, &times, limit < any, count);
        let request = LogsRequest {
            query,
            range,
            order,
            limit,
            cursor: None,
            count,
        };
        let (numbers, matched) = found(store, request).await;
        let how = format!("{order:?}, limit {limit}, count {count}");
        assert!(
            numbers == expected,
            "{}\n{how}",
            asked.difference(records, &numbers, &expected, stage, range)
        );
        let is_right = matched.map_or(!count, |matched| matched == expected.len() as u64);
        assert!(
            is_right,
            "seed {SEED}, {stage}: {} in {range:?}: {matched:?} for {}",
            asked.query,
            expected.len()
        );
    }
    any > 0
}

impl Asked {
    fn difference(
        &self,
        records: &[Record],
        found: &[usize],
        expected: &[usize],
        stage: &str,
        range: AskedRange,
    ) -> String {
        let first = records
            .iter()
            .find(|record| found.contains(&record.number) != expected.contains(&record.number));
        let what = match first {
            None => format!("another order: {found:?} instead of {expected:?}"),
            Some(record) if found.contains(&record.number) => {
                format!("found too much: {record:#?}")
            }
            Some(record) => format!("did not find: {record:#?}"),
        };
        format!(
            "seed {SEED}, {stage}: {}\nas {:?}\nin {range:?} {what}",
            self.query, self.question
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "says what it reached")]
async fn logs_are_found_as_the_language_is_described() {
    let mut random = Random::new(SEED);
    let mut records = Vec::new();
    for _ in 0..3 {
        records.extend(random_records::records(
            Signal::Logs,
            records.len(),
            ROWS,
            &mut random,
        ));
    }
    let (mut coverage, mut forms) = (Coverage::default(), Forms::default());
    let lasting: Vec<Asked> = (0..LASTING)
        .map(|_| Asked::random(&records, &mut coverage, &mut random))
        .collect();
    let mut store = Store::new();
    for stage in STAGES {
        store = enter(stage, store, &records, logs);
        let here = &records[..present(stage)];
        forms.look(&store, here.len());
        let passing: Vec<Asked> = (0..PASSING)
            .map(|_| Asked::random(&records, &mut coverage, &mut random))
            .collect();
        for asked in lasting.iter().chain(&passing) {
            let some = check(&store, here, asked, stage, &mut forms, &mut random).await;
            forms.answered(stage, some);
        }
    }
    println!("{} cases\n{}", forms.cases(), forms.table(Signal::Logs));
    println!(
        "conditions that held of no record, and of some\n{}",
        coverage.table()
    );
    coverage.demand(&SHARED);
    coverage.demand(&TESTS);
    coverage.demand(&[
        "field severity",
        "field level",
        "field body",
        "field kind, an attribute",
        "field status, an attribute",
        "severity :text",
        "severity >=",
        "body :a*z",
        "body :/regex/",
    ]);
}
