//! A record's own ids, to which its variables may refer.

use clearspan_schema::ids::push_hex;
use clearspan_schema::{SpanId, TraceId};

use super::TemplateError;
use super::token::{SPAN_REFERENCE, TRACE_REFERENCE};

/// The ids of the record that a body belongs to. Splitting and restoring have to be given the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecordIds {
    /// The record's trace id.
    pub trace_id: Option<TraceId>,
    /// The record's span id.
    pub span_id: Option<SpanId>,
}

impl RecordIds {
    /// Appends a variable of the record to `out`, a reference as the id that it stands for.
    #[inline]
    pub(super) fn write_out(self, variable: &str, out: &mut String) -> Result<(), TemplateError> {
        const TRACE: &[u8] = &[TRACE_REFERENCE as u8];
        const SPAN: &[u8] = &[SPAN_REFERENCE as u8];
        match variable.as_bytes() {
            TRACE => push_hex(&self.trace_id.ok_or(TemplateError::TraceId)?, out),
            SPAN => push_hex(&self.span_id.ok_or(TemplateError::SpanId)?, out),
            _ => out.push_str(variable),
        }
        Ok(())
    }
}

/// Whether a text is the id in lower-case hexadecimal.
#[inline]
pub(super) fn is_hex_of<const N: usize>(text: &str, id: Option<[u8; N]>) -> bool {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let Some(id) = id.filter(|id| text.len() == id.len() * 2) else {
        return false;
    };
    let mut pairs = text.as_bytes().chunks_exact(2).zip(id);
    pairs.all(|(pair, byte)| {
        pair == [
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]
    })
}
