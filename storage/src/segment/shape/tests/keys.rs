//! Attributes with some keys.

use clearspan_schema::any::{AnyRef, KeyValues};
use clearspan_schema::columns;

use super::generate::{Mood, Random, spans_of};
use super::*;

/// Keys of the generator in columns and in the residual, and such as no row has.
const KEYS: [&str; 11] = [
    "http.route",
    "code",
    "load",
    "id",
    "retries",
    "user.name",
    "nowhere",
    "a,b",
    "",
    "x:int",
    "key 7",
];

fn entries<'a>(attributes: &'a [u8], key: &'a str) -> impl Iterator<Item = AnyRef<'a>> {
    KeyValues::new(attributes)
        .filter(move |(own, _)| *own == key)
        .map(|(_, value)| value)
}

/// Every entry of a wanted key is there, in its order, from no more columns than are needed.
#[test]
fn wanted_keys_come_as_they_were_sent() {
    let (mut picked, mut ordered, mut found) = (0, 0, 0);
    for seed in 0..60 {
        let mut random = Random(seed);
        let mood = [Mood::Wild, Mood::Calm][usize::from(seed % 2 == 0)];
        let batches: Vec<_> = (0..3).map(|_| spans_of(&mut random, mood, 150)).collect();
        let written = write(Signal::Spans, &batches);
        let attributes = Signal::Spans
            .stored_schema()
            .index_of("attributes")
            .unwrap();
        let wanted: Vec<&str> = KEYS.into_iter().filter(|_| random.below(3) == 0).collect();
        let keys = AttributeKeys::Only(wanted.iter().map(|key| (*key).to_owned()).collect());
        let places = written.shape.physical_columns(&[attributes], &keys);
        let schema = written.shape.physical_schema();
        let names: Vec<&str> = places
            .iter()
            .map(|&at| schema.field(at).name().as_str())
            .collect();
        for name in &names {
            let key = name.strip_prefix(ATTRIBUTE_PREFIX).unwrap_or_default();
            let key = key.split(':').next().unwrap_or_default();
            assert!(
                wanted.contains(&key) || names.contains(&ATTRIBUTES_ORDER),
                "{name}"
            );
        }
        match names.contains(&ATTRIBUTES_ORDER) {
            true => ordered += 1,
            false => picked += 1,
        }
        for (physical, rows) in written.batches.iter().zip(&batches) {
            let given = physical.project(&places).unwrap();
            let read = written
                .shape
                .to_logical(&given, &[attributes], &keys)
                .unwrap();
            let (read, whole) = (
                columns::binary(&read, "attributes").unwrap(),
                columns::binary(rows, "attributes").unwrap(),
            );
            for row in 0..rows.num_rows() {
                for key in &wanted {
                    let sent: Vec<_> = entries(whole.value(row), key).collect();
                    let came: Vec<_> = entries(read.value(row), key).collect();
                    assert_eq!(format!("{came:?}"), format!("{sent:?}"), "{seed} {key}");
                    found += sent.len();
                }
            }
        }
    }
    eprintln!("from columns alone {picked}, in order {ordered}, entries {found}");
    assert!(picked > 5 && ordered > 5 && found > 1000);
}
