//! Objects and lists out. A field with its default value is left out, as the canonical mapping has it.

use std::io::Write;

use super::scalar::push_base64;

/// Appends an object with the fields that `content` writes.
pub(crate) fn write_object(out: &mut Vec<u8>, content: impl FnOnce(&mut Fields<'_>)) {
    out.push(b'{');
    content(&mut Fields {
        out,
        is_empty: true,
    });
    out.push(b'}');
}

/// The fields of an object that is being written.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl Fields<'_> {
    /// Text; left out when empty.
    pub(crate) fn text(&mut self, name: &'static str, value: &str) {
        if !value.is_empty() {
            self.some_text(name, value);
        }
    }

    /// Text, also when empty.
    pub(crate) fn some_text(&mut self, name: &'static str, value: &str) {
        push_string(self.name(name), value);
    }

    /// A number of at most 32 bits; left out when 0.
    pub(crate) fn number(&mut self, name: &'static str, value: impl Into<i64>) {
        let value = value.into();
        if value != 0 {
            push_display(self.name(name), value);
        }
    }

    /// An unsigned 64-bit number; left out when 0.
    pub(crate) fn uint64(&mut self, name: &'static str, value: u64) {
        if value != 0 {
            push_display(self.name(name), format_args!("\"{value}\""));
        }
    }

    /// A signed 64-bit number; left out when 0.
    pub(crate) fn int64(&mut self, name: &'static str, value: i64) {
        if value != 0 {
            self.some_int64(name, value);
        }
    }

    /// A signed 64-bit number, also when 0.
    pub(crate) fn some_int64(&mut self, name: &'static str, value: i64) {
        push_display(self.name(name), format_args!("\"{value}\""));
    }

    /// A boolean, also when false.
    pub(crate) fn some_bool(&mut self, name: &'static str, value: bool) {
        push_display(self.name(name), value);
    }

    /// A double, also when 0: the shortest text that reads back as the same.
    pub(crate) fn some_double(&mut self, name: &'static str, value: f64) {
        let out = self.name(name);
        if value.is_nan() {
            out.extend_from_slice(b"\"NaN\"");
        } else if value == f64::INFINITY {
            out.extend_from_slice(b"\"Infinity\"");
        } else if value == f64::NEG_INFINITY {
            out.extend_from_slice(b"\"-Infinity\"");
        } else {
            push_display(out, format_args!("{value:?}"));
        }
    }

    /// Bytes as base64, also when empty.
    pub(crate) fn some_bytes(&mut self, name: &'static str, value: &[u8]) {
        let out = self.name(name);
        out.push(b'"');
        push_base64(value, out);
        out.push(b'"');
    }

    /// An id as hex; left out when empty.
    pub(crate) fn id(&mut self, name: &'static str, value: &[u8]) {
        if !value.is_empty() {
            let hex = clearspan_schema::ids::hex(value);
            push_string(self.name(name), &hex);
        }
    }

    /// An object, also when it has no fields.
    pub(crate) fn object(&mut self, name: &'static str, content: impl FnOnce(&mut Fields<'_>)) {
        write_object(self.name(name), content);
    }

    /// An array of objects; left out when empty.
    pub(crate) fn list<T>(
        &mut self,
        name: &'static str,
        items: &[T],
        mut content: impl FnMut(&mut Fields<'_>, &T),
    ) {
        self.array(name, items, |out, item| {
            write_object(out, |fields| content(fields, item));
        });
    }

    /// An array of strings; left out when empty.
    pub(crate) fn texts(&mut self, name: &'static str, items: &[String]) {
        self.array(name, items, |out, item| push_string(out, item));
    }

    fn array<T>(
        &mut self,
        name: &'static str,
        items: &[T],
        mut push: impl FnMut(&mut Vec<u8>, &T),
    ) {
        if items.is_empty() {
            return;
        }
        let out = self.name(name);
        for (index, item) in items.iter().enumerate() {
            out.push(if index == 0 { b'[' } else { b',' });
            push(out, item);
        }
        out.push(b']');
    }

    /// Names are our own and need no escape.
    fn name(&mut self, name: &'static str) -> &mut Vec<u8> {
        self.out
            .extend_from_slice(if self.is_empty { b"\"" } else { b",\"" });
        self.is_empty = false;
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }
}

fn push_display(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    // Writing to memory cannot fail.
    let _ = write!(out, "{value}");
}

fn push_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(length) = rest.iter().position(|&byte| is_escaped(byte)) {
        out.extend_from_slice(&rest[..length]);
        push_escape(out, rest[length]);
        rest = &rest[length + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => push_display(out, format_args!("\\u{byte:04x}")),
    }
}
