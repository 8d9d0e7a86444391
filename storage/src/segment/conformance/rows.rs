//! Rows full of what is hard to store: nulls, empty and long texts, extreme times, empty and long lists, many
//! services.

use arrow::array::RecordBatch;
use clearspan_schema::Signal;
use clearspan_schema::any::{AnyWriter, KeyValues};
use clearspan_schema::concat::with_seq;
use clearspan_schema::group::{ResourceRef, ScopeRef};
use clearspan_schema::logs::{Body, LogRow, LogsBuilder};
use clearspan_schema::nested::{EventRef, LinkRef};
use clearspan_schema::spans::{SpanRow, SpansBuilder};

use crate::testing::ARRIVAL_NS;
use crate::vfs::sim::SimRandom;

/// `count` stored rows, the same for the same seed. Spans of one trace stand together.
pub(in crate::segment) fn random_rows(signal: Signal, seed: u64, count: usize) -> RecordBatch {
    let mut source = Source(SimRandom::new(seed ^ 0x0be5));
    let first_seq = match seed % 3 {
        0 => 0,
        1 => 1 << 40,
        _ => u64::MAX - count as u64,
    };
    let rows = match signal {
        Signal::Logs => source.logs(count),
        Signal::Spans => source.spans(count),
    };
    with_seq(&signal.stored_schema(), &rows, first_seq).unwrap()
}

/// Logs whose attributes are this many bytes that nothing can pack into less.
pub(super) fn long_random_attributes(count: usize, bytes: usize) -> RecordBatch {
    let mut random = SimRandom::new(9);
    let mut builder = LogsBuilder::new(count, ARRIVAL_NS);
    builder.group(&ResourceRef::default(), &ScopeRef::default(), Some("a"));
    for _ in 0..count {
        let noise: Vec<u8> = (0..bytes / 8)
            .flat_map(|_| random.next_u64().to_le_bytes())
            .collect();
        let mut attributes = Vec::new();
        AnyWriter::new(&mut attributes).key("noise").bytes(&noise);
        let row = LogRow {
            time: 1,
            observed_time: 1,
            severity_number: 9,
            severity_text: "",
            event_name: "",
            body: Body::Text("short"),
            trace_id: None,
            span_id: None,
            flags: 0,
            attributes: KeyValues::new(&attributes),
            dropped_attributes_count: 0,
        };
        builder.push(&row).unwrap();
    }
    let rows = builder.finish().unwrap().into_inner();
    with_seq(&Signal::Logs.stored_schema(), &rows, 0).unwrap()
}

struct Source(SimRandom);

impl Source {
    fn below(&mut self, bound: usize) -> usize {
        self.0.below(bound as u64) as usize
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.0.next_u64() as u8)
    }

    fn time(&mut self) -> u64 {
        let extremes = [0, 1, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
        match self.below(20) {
            at @ 0..5 => extremes[at],
            _ => ARRIVAL_NS as u64 + self.0.below(1 << 40),
        }
    }

    fn number(&mut self) -> u32 {
        [0, 0, 0, 1, 7, u32::MAX][self.below(6)]
    }

    fn text(&mut self) -> String {
        match self.below(40) {
            0..4 => String::new(),
            4..8 => "straße \u{1F600} \0 \n".into(),
            8 => "long ".repeat(2_000),
            _ => format!("line {} of {:x}", self.below(50), self.0.next_u64()),
        }
    }

    /// An attribute list or a value, as encoded bytes.
    fn encoded(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = AnyWriter::new(&mut bytes);
        for _ in 0..self.below(4) {
            match self.below(4) {
                0 => writer.key("empty").empty(),
                1 => writer.key("number").int(self.0.next_u64() as i64),
                2 => writer.key("bytes").bytes(&self.bytes::<9>()),
                _ => writer.key("text").string(&self.text()),
            }
        }
        bytes
    }

    /// A service, sometimes none, of so many that dictionaries are not small.
    fn service(&mut self) -> Option<String> {
        match self.below(10) {
            0 => None,
            1 => Some(String::new()),
            2 => Some(format!("rare-{}", self.below(500))),
            _ => Some(format!("service-{}", self.below(20))),
        }
    }

    fn logs(&mut self, count: usize) -> RecordBatch {
        let mut builder = LogsBuilder::new(count, ARRIVAL_NS);
        for at in 0..count {
            if at == 0 || self.0.one_in(5) {
                let (service, attributes) = (self.service(), self.encoded());
                let resource = ResourceRef {
                    present: !attributes.is_empty(),
                    attributes: KeyValues::new(&attributes),
                    ..ResourceRef::default()
                };
                builder.group(&resource, &ScopeRef::default(), service.as_deref());
            }
            let (text, attributes) = (self.text(), self.encoded());
            let mut value = Vec::new();
            AnyWriter::new(&mut value).int(self.0.next_u64() as i64);
            let row = LogRow {
                time: self.time(),
                observed_time: self.time(),
                severity_number: [0, 9, 17, i32::MIN, i32::MAX][self.below(5)],
                severity_text: ["", "INFO", "WARN"][self.below(3)],
                event_name: ["", "", "started"][self.below(3)],
                body: match self.below(12) {
                    0 => Body::Absent,
                    1 => Body::Value(&value),
                    _ => Body::Text(&text),
                },
                trace_id: (!self.0.one_in(3)).then(|| [self.below(200) as u8 + 1; 16]),
                span_id: (!self.0.one_in(3)).then(|| self.bytes()),
                flags: self.number(),
                attributes: KeyValues::new(&attributes),
                dropped_attributes_count: self.number(),
            };
            builder.push(&row).unwrap();
        }
        builder.finish().unwrap().into_inner()
    }

    fn spans(&mut self, count: usize) -> RecordBatch {
        let mut builder = SpansBuilder::new(count, ARRIVAL_NS);
        let mut trace_id = [0; 16];
        for at in 0..count {
            if at == 0 || self.0.one_in(8) {
                // The number keeps traces apart, and so together.
                trace_id = self.bytes();
                trace_id[..8].copy_from_slice(&(at as u64 + 1).to_be_bytes());
            }
            if at == 0 || self.0.one_in(3) {
                let service = self.service();
                let resource = ResourceRef::default();
                builder.group(&resource, &ScopeRef::default(), service.as_deref());
            }
            self.nested(&mut builder);
            let (name, attributes, message) = (self.text(), self.encoded(), self.text());
            let row = SpanRow {
                trace_id,
                span_id: self.bytes(),
                parent_span_id: (!self.0.one_in(5)).then(|| self.bytes()),
                trace_state: ["", "", "vendor=1"][self.below(3)],
                flags: self.number(),
                name: &name,
                kind: [0, 1, 2, 3, 99, i32::MIN][self.below(6)],
                start_time: self.time(),
                end_time: self.time(),
                status: match self.below(4) {
                    0 => None,
                    1 => Some((2, message.as_str())),
                    _ => Some((0, "")),
                },
                attributes: KeyValues::new(&attributes),
                dropped_attributes_count: self.number(),
                dropped_events_count: self.number(),
                dropped_links_count: self.number(),
            };
            builder.push(&row).unwrap();
        }
        builder.finish().unwrap().into_inner()
    }

    /// Events and links of the next span; mostly none, sometimes many.
    fn nested(&mut self, builder: &mut SpansBuilder) {
        let many = [0, 0, 0, 1, 3, 40];
        for _ in 0..many[self.below(6)] {
            let (name, attributes) = (self.text(), self.encoded());
            builder.event(&EventRef {
                time: self.time(),
                name: &name,
                attributes: KeyValues::new(&attributes),
                dropped_attributes_count: self.number(),
            });
        }
        for _ in 0..many[self.below(5)] {
            let attributes = self.encoded();
            builder
                .link(&LinkRef {
                    trace_id: self.bytes(),
                    span_id: self.bytes(),
                    trace_state: "",
                    attributes: KeyValues::new(&attributes),
                    dropped_attributes_count: self.number(),
                    flags: self.number(),
                })
                .unwrap();
        }
    }
}
