//! Attributes, resources and scopes, with all that the encoding can hold.

use clearspan_schema::any::{AnyWriter, KeyValues, Values};
use clearspan_schema::group::{ResourceRef, ScopeRef};

use super::Mood;
use super::random::Random;

/// Keys of odd attributes: none of the first six can be named in an order of attributes.
const KEYS: &[&str] = &[
    "a,b",
    "",
    "*2",
    "x:int",
    "line\u{1}",
    "odd:bool",
    "http.route",
    "http.response.status_code",
    "ratio",
    "ключ",
    "retries",
];

/// Encoded attributes of a record.
pub(super) fn attributes(random: &mut Random, mood: Mood) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = AnyWriter::new(&mut out);
    if mood == Mood::Wild && random.one_in(6) {
        return out;
    }
    let route = random.pick(&["/a", "/b", "/c/{id}"]);
    writer.key("http.route").string(route);
    writer
        .key("http.response.status_code")
        .int(200 + random.below(4) as i64 * 100);
    if mood == Mood::Wild && random.one_in(3) {
        odd_entry(random, &mut writer);
    }
    let cached = random.one_in(2);
    writer.key("cached").bool(cached);
    let ratio = random.below(1_000) as f64 / 7.0;
    writer.key("ratio").double(ratio);
    let user = format!("{:x}", random.next());
    writer.key("user").string(&user);
    if mood == Mood::Wild {
        for _ in 0..random.below(4) {
            odd_entry(random, &mut writer);
        }
    }
    out
}

/// An entry under a key that is odd, or that the record has already.
fn odd_entry(random: &mut Random, writer: &mut AnyWriter<'_>) {
    let key = match random.one_in(4) {
        true => format!("rare {}", random.below(1_000)),
        false => random.pick(KEYS).to_owned(),
    };
    value(random, writer.key(&key));
}

/// A value of any kind.
pub(super) fn value(random: &mut Random, writer: &mut AnyWriter<'_>) {
    match random.below(10) {
        0 => writer.empty(),
        1 => writer.string(random.pick(&["", "x", "é\u{1}\u{2}", "many words in a text"])),
        2 => writer.bool(random.one_in(2)),
        3 => writer.int(random.next() as i64 >> random.below(64)),
        4 => writer.int([0, -1, i64::MAX, i64::MIN][random.below(4) as usize]),
        5 => {
            writer.double([0.0, -0.0, f64::NAN, f64::NEG_INFINITY, 1e300][random.below(5) as usize])
        }
        6 => writer.double(random.next() as f64 / 3.0),
        7 => writer.bytes(&random.next().to_le_bytes()),
        8 => writer.array(|to| {
            to.int(1);
            to.string("two");
            to.array(|_| ());
            to.key_values(|to| to.key("in").empty());
        }),
        _ => writer.key_values(|to| {
            to.key("inner").bool(true);
            to.key("inner").bytes(&[]);
        }),
    }
}

/// What a group of records has in common.
pub(super) struct Group {
    service: Option<&'static str>,
    attributes: Vec<u8>,
    entities: Vec<u8>,
    url: &'static str,
}

impl Group {
    pub(super) fn random(random: &mut Random, mood: Mood) -> Self {
        let wild = mood == Mood::Wild;
        let service = (!wild || !random.one_in(4)).then(|| random.pick(&["cart", "pay", "ship"]));
        let (mut attributes, mut entities) = (Vec::new(), Vec::new());
        let mut writer = AnyWriter::new(&mut attributes);
        if let Some(service) = service {
            writer.key("service.name").string(service);
        }
        if wild && random.one_in(3) {
            odd_entry(random, &mut writer);
            AnyWriter::new(&mut entities).key_values(|to| to.key("type").string("host"));
        }
        Group {
            service,
            attributes,
            entities,
            url: if wild {
                random.pick(&["", "https://example.test/1.0"])
            } else {
                ""
            },
        }
    }

    pub(super) fn resource(&self) -> ResourceRef<'_> {
        ResourceRef {
            present: !self.attributes.is_empty(),
            schema_url: self.url,
            dropped_attributes_count: self.entities.len() as u32,
            entity_refs: Values::new(&self.entities),
            attributes: KeyValues::new(&self.attributes),
        }
    }

    pub(super) fn scope(&self) -> ScopeRef<'_> {
        if self.url.is_empty() {
            return ScopeRef::default();
        }
        ScopeRef {
            present: true,
            schema_url: self.url,
            name: "lib",
            version: "1.2",
            dropped_attributes_count: 1,
            attributes: KeyValues::new(&self.attributes),
        }
    }

    pub(super) fn service(&self) -> Option<&'static str> {
        self.service
    }
}
