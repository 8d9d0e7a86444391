//! The mapping of numbers, enums, bytes and ids.

use std::borrow::Cow;

use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use clearspan_schema::ids::parse_hex;

use super::reader::{Malformed, Reader, number_length};

/// What stands for an id whose text is neither hex nor base64 of the right length: no id is one byte long,
/// so whoever looks at it finds it malformed.
const NO_ID: [u8; 1] = [0];

impl Reader<'_> {
    /// Reads an integer, or `null`, into `to`.
    pub(crate) fn integer<T>(&mut self, to: &mut T) -> Result<(), Malformed>
    where
        T: TryFrom<i128> + Default,
    {
        *to = match self.null()? {
            true => T::default(),
            false => self.integer_value()?,
        };
        Ok(())
    }

    /// Reads an integer: a number or a string.
    pub(crate) fn integer_value<T: TryFrom<i128>>(&mut self) -> Result<T, Malformed> {
        let value = match self.peek() {
            Some(b'"') => exact_integer(&self.string()?),
            Some(b'-' | b'0'..=b'9') => exact_integer(self.number()?),
            _ => return Err(self.expected("an integer")),
        };
        value
            .and_then(|value| T::try_from(value).ok())
            .ok_or_else(|| self.invalid("integer"))
    }

    /// Reads a double: a number or a string.
    pub(crate) fn double_value(&mut self) -> Result<f64, Malformed> {
        let text = match self.peek() {
            Some(b'"') => self.string()?,
            Some(b'-' | b'0'..=b'9') => Cow::Borrowed(self.number()?),
            _ => return Err(self.expected("a double")),
        };
        double(&text).ok_or_else(|| self.invalid("double"))
    }

    /// Reads an enum, or `null`, into `to`: its number, or a name that `by_name` knows.
    pub(crate) fn enumeration(
        &mut self,
        to: &mut i32,
        by_name: impl FnOnce(&str) -> Option<i32>,
    ) -> Result<(), Malformed> {
        *to = 0;
        if self.peek() != Some(b'"') {
            return self.integer(to);
        }
        let name = self.string()?;
        if name.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            let number = exact_integer(&name).and_then(|number| i32::try_from(number).ok());
            *to = number.ok_or_else(|| self.invalid("enum"))?;
            return Ok(());
        }
        match by_name(&name) {
            Some(number) => *to = number,
            None => self.repaired.enum_name_unknown += 1,
        }
        Ok(())
    }

    /// Reads bytes: base64.
    pub(crate) fn bytes_value(&mut self) -> Result<Vec<u8>, Malformed> {
        let text = self.string()?;
        base64_bytes(&text).ok_or_else(|| self.invalid("base64"))
    }

    /// Reads an id of `N` bytes, or `null`, into `to`; of a wrong length when the text is none.
    pub(crate) fn id<const N: usize>(&mut self, to: &mut Vec<u8>) -> Result<(), Malformed> {
        to.clear();
        if !self.null()? {
            read_id::<N>(&self.string()?, to);
        }
        Ok(())
    }
}

fn read_id<const N: usize>(text: &str, to: &mut Vec<u8>) {
    if let Some(id) = parse_hex::<N>(text) {
        to.extend_from_slice(&id);
    } else if let Some(id) = base64_bytes(text).filter(|id| id.len() == N) {
        to.extend_from_slice(&id);
    } else if !text.is_empty() {
        let bytes = text.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            parse_hex::<1>(pair)
        });
        match bytes.collect::<Option<Vec<[u8; 1]>>>() {
            Some(bytes) => to.extend(bytes.into_iter().flatten()),
            None => to.extend_from_slice(&NO_ID),
        }
    }
}

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);

const fn lenient(alphabet: &Alphabet) -> GeneralPurpose {
    GeneralPurpose::new(alphabet, LENIENT)
}

static STANDARD_BASE64: GeneralPurpose = lenient(&STANDARD);
static URL_SAFE_BASE64: GeneralPurpose = lenient(&URL_SAFE);

fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    let is_url_safe = text.contains(['-', '_']);
    let engine = if is_url_safe {
        &URL_SAFE_BASE64
    } else {
        &STANDARD_BASE64
    };
    engine.decode(text).ok()
}

/// Appends the standard, padded base64 of `bytes`.
pub(crate) fn push_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = STANDARD_BASE64.encode_slice(bytes, &mut out[start..]);
    out.truncate(start + written.unwrap_or_default());
}

fn double(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        // Rust also reads "inf", ".5" and the like, and takes what is too large for infinite.
        _ if number_length(text.as_bytes()) != text.len() => None,
        _ => text.parse().ok().filter(|value: &f64| value.is_finite()),
    }
}

/// The value of a decimal number, in any notation, that is exactly an integer. No detour over a double: a
/// time of today has more digits than that can hold.
fn exact_integer(text: &str) -> Option<i128> {
    if let Ok(value) = text.parse::<u64>() {
        return Some(i128::from(value));
    }
    if text.is_empty() || number_length(text.as_bytes()) != text.len() {
        return None;
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => (-1, mantissa),
        None => (1, mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some(0);
    }
    let trailing_zeros = digits.len() - digits.trim_end_matches('0').len();
    let scale = exponent.parse::<i32>().ok()?;
    let scale = i64::from(scale) - fraction.len() as i64 + trailing_zeros as i64;
    let factor = 10i128.checked_pow(u32::try_from(scale).ok()?)?;
    let value = significant.parse::<i128>().ok()?.checked_mul(factor)?;
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_exact_in_every_notation() {
        for (text, value) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("0.000e99999", Some(0)),
            ("007", Some(7)),
            ("1.0e3", Some(1_000)),
            ("-12.50e1", Some(-125)),
            ("1200e-2", Some(12)),
            ("1.8446744073709551615e19", Some(i128::from(u64::MAX))),
            ("-9223372036854775808", Some(i128::from(i64::MIN))),
            ("1.5", None),
            ("1e-1", None),
            ("1e40", None),
            ("1e99999999999", None),
            ("", None),
            (" 1", None),
            ("1 ", None),
            ("0x1", None),
            ("-", None),
            ("1.", None),
            ("NaN", None),
        ] {
            assert_eq!(exact_integer(text), value, "{text}");
        }
    }

    #[test]
    fn doubles_follow_the_mapping_and_not_rust() {
        for (text, value) in [
            ("1.5", Some(1.5)),
            ("-0.0", Some(-0.0)),
            ("1e308", Some(1e308)),
            ("5e-324", Some(5e-324)),
            ("Infinity", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("1e309", None),
            ("inf", None),
            ("nan", None),
            (".5", None),
            ("+1", None),
            ("", None),
        ] {
            assert_eq!(
                double(text).map(f64::to_bits),
                value.map(f64::to_bits),
                "{text}"
            );
        }
        assert!(double("NaN").is_some_and(f64::is_nan));
    }

    #[test]
    fn ids_are_hex_or_base64_and_else_malformed() {
        let id = |text: &str| {
            let mut id = Vec::new();
            read_id::<8>(text, &mut id);
            id
        };
        let bytes = vec![0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0xfb];
        for text in [
            "eee19b7ec3c1b1fb",
            "EEE19B7EC3C1B1FB",
            "7uGbfsPBsfs=",
            "7uGbfsPBsfs",
        ] {
            assert_eq!(id(text), bytes, "{text}");
        }
        assert_eq!(id(""), b"");
        assert_eq!(id("0000000000000000"), [0; 8]);
        assert_eq!(id("aabbcc"), [0xaa, 0xbb, 0xcc]);
        for text in ["eee19b7ec3c1b1f", "zzzzzzzz", "é", "7uGbfsPBsfs=="] {
            assert_eq!(id(text), NO_ID, "{text}");
        }
    }

    #[test]
    fn base64_is_read_in_either_alphabet() {
        for text in ["+/+/", "-_-_"] {
            assert_eq!(base64_bytes(text), Some(vec![0xfb, 0xff, 0xbf]), "{text}");
        }
        for text in ["AQ==", "AQ"] {
            assert_eq!(base64_bytes(text), Some(vec![1]), "{text}");
        }
        assert_eq!(base64_bytes(""), Some(vec![]));
        assert_eq!(base64_bytes("+_"), None);
        assert_eq!(base64_bytes("A"), None);
        for length in 0..5 {
            let bytes = vec![0xfb; length];
            let mut out = b"x".to_vec();
            push_base64(&bytes, &mut out);
            let text = String::from_utf8_lossy(&out[1..]).into_owned();
            assert_eq!(text.len() % 4, 0);
            assert_eq!(base64_bytes(&text), Some(bytes));
        }
    }
}
