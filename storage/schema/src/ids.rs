//! Trace and span ids: fixed-size bytes, lower-case hex when shown.

use arrow::array::FixedSizeBinaryBuilder;

use crate::SchemaError;

/// The 16 bytes of a W3C trace id.
pub type TraceId = [u8; 16];

/// The 8 bytes of a W3C span id.
pub type SpanId = [u8; 8];

/// `bytes` as an id of `N` bytes. `None` when the length differs or every byte is zero, which
/// OpenTelemetry defines as invalid.
pub fn valid_id<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    let id: [u8; N] = bytes.try_into().ok()?;
    (id != [0; N]).then_some(id)
}

/// Appends `bytes` as lower-case hex.
pub fn push_hex(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// `bytes` as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::new();
    push_hex(bytes, &mut out);
    out
}

/// Reads exactly `N` bytes of hex, either case.
pub fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let text = text.as_bytes();
    if text.len() != N * 2 {
        return None;
    }
    let mut id = [0; N];
    for (byte, pair) in id.iter_mut().zip(text.chunks_exact(2)) {
        *byte = (hex_digit(pair[0])? << 4) | hex_digit(pair[1])?;
    }
    Some(id)
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Appends `id`, or null where there is none.
pub(crate) fn push_id<const N: usize>(
    column: &mut FixedSizeBinaryBuilder,
    id: Option<&[u8; N]>,
) -> Result<(), SchemaError> {
    match id {
        Some(id) => column.append_value(id)?,
        None => column.append_null(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_wrong_lengths_are_no_ids() {
        assert_eq!(valid_id::<8>(&[0; 8]), None);
        assert_eq!(valid_id::<8>(&[1; 7]), None);
        assert_eq!(valid_id::<8>(&[1; 8]), Some([1; 8]));
    }

    #[test]
    fn hex_reads_back_in_either_case() {
        let id = [0x0a, 0xff, 0x10, 0x9c, 1, 2, 3, 4];
        assert_eq!(parse_hex::<8>(&hex(&id)), Some(id));
        assert_eq!(parse_hex::<8>(&hex(&id).to_uppercase()), Some(id));
        assert_eq!(parse_hex::<8>("0aff"), None);
        assert_eq!(parse_hex::<8>("0aff109c0102030g"), None);
        assert_eq!(parse_hex::<8>("é0aff109c010203"), None);
    }
}
