#![allow(clippy::unwrap_used)]
use super::*;
use proptest::prelude::*;

/// An owned value, for the tests alone.
#[derive(Debug, Clone, PartialEq)]
enum Owned {
    Empty,
    String(String),
    Bool(bool),
    Int(i64),
    Double(u64),
    Bytes(Vec<u8>),
    Array(Vec<Owned>),
    KeyValues(Vec<(String, Owned)>),
}

fn write(value: &Owned, to: &mut AnyWriter<'_>) {
    match value {
        Owned::Empty => to.empty(),
        Owned::String(text) => to.string(text),
        Owned::Bool(value) => to.bool(*value),
        Owned::Int(value) => to.int(*value),
        Owned::Double(bits) => to.double(f64::from_bits(*bits)),
        Owned::Bytes(bytes) => to.bytes(bytes),
        Owned::Array(values) => to.array(|to| values.iter().for_each(|value| write(value, to))),
        Owned::KeyValues(entries) => {
            to.key_values(|to| {
                entries
                    .iter()
                    .for_each(|(key, value)| write(value, to.key(key)))
            });
        }
    }
}

fn read(value: AnyRef<'_>) -> Owned {
    match value {
        AnyRef::Empty => Owned::Empty,
        AnyRef::String(text) => Owned::String(text.into()),
        AnyRef::Bool(value) => Owned::Bool(value),
        AnyRef::Int(value) => Owned::Int(value),
        AnyRef::Double(value) => Owned::Double(value.to_bits()),
        AnyRef::Bytes(bytes) => Owned::Bytes(bytes.into()),
        AnyRef::Array(values) => Owned::Array(values.map(read).collect()),
        AnyRef::KeyValues(entries) => Owned::KeyValues(
            entries
                .map(|(key, value)| (key.into(), read(value)))
                .collect(),
        ),
    }
}

fn any_value() -> impl Strategy<Value = Owned> {
    let leaf = prop_oneof![
        Just(Owned::Empty),
        ".*".prop_map(Owned::String),
        any::<bool>().prop_map(Owned::Bool),
        any::<i64>().prop_map(Owned::Int),
        any::<u64>().prop_map(Owned::Double),
        proptest::collection::vec(any::<u8>(), 0..200).prop_map(Owned::Bytes),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Owned::Array),
            proptest::collection::vec((".{0,8}", inner), 0..6).prop_map(Owned::KeyValues),
        ]
    })
}

proptest! {
    #[test]
    fn reads_back_what_was_written(value in any_value()) {
        let mut buffer = Vec::new();
        write(&value, &mut AnyWriter::new(&mut buffer));
        prop_assert_eq!(read(AnyRef::decode(&buffer).unwrap()), value);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let entries = KeyValues::new(&bytes);
        let _ = entries.get("a");
        for (_, value) in entries {
            read(value);
        }
    }
}

#[test]
fn of_a_repeated_key_the_last_counts() {
    let mut buffer = Vec::new();
    let mut writer = AnyWriter::new(&mut buffer);
    writer.key("a").int(1);
    writer.key("b").string("x");
    writer.key("a").int(-2);
    let entries = KeyValues::new(&buffer);
    assert_eq!(entries.get("a"), Some(AnyRef::Int(-2)));
    assert_eq!(entries.get("b"), Some(AnyRef::String("x")));
    assert_eq!(entries.get("c"), None);
    assert_eq!(entries.count(), 3);
}
