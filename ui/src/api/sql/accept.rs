//! Which format the caller wants.

use http::HeaderMap;
use http::header::ACCEPT;

use crate::error::{ApiError, shown};

/// A format of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Csv,
    Arrow,
}

impl Format {
    /// Where the caller likes several equally, the first of them.
    const ALL: [Format; 3] = [Format::Json, Format::Csv, Format::Arrow];

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Csv => "text/csv; charset=utf-8",
            Format::Arrow => "application/vnd.apache.arrow.stream",
        }
    }

    /// Type and subtype.
    fn parts(self) -> (&'static str, &'static str) {
        match self {
            Format::Json => ("application", "json"),
            Format::Csv => ("text", "csv"),
            Format::Arrow => ("application", "vnd.apache.arrow.stream"),
        }
    }
}

/// The format that `Accept` likes best; JSON where it is absent. Of several ranges that fit a format, the one
/// that names it most closely counts (RFC 9110, 12.5.1).
pub(crate) fn format(headers: &HeaderMap) -> Result<Format, ApiError> {
    let given: Vec<String> = headers
        .get_all(ACCEPT)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        .collect();
    let given = given.join(",");
    if given.trim().is_empty() {
        return Ok(Format::Json);
    }
    let mut best: Option<(u16, Format)> = None;
    for format in Format::ALL {
        let quality = quality(&given, format);
        if quality > best.map_or(0, |(quality, _)| quality) {
            best = Some((quality, format));
        }
    }
    best.map(|(_, format)| format)
        .ok_or_else(|| ApiError::NotAcceptable {
            given: shown(&given),
        })
}

/// From 0, refused, to 1,000.
fn quality(given: &str, format: Format) -> u16 {
    let (kind, subtype) = format.parts();
    let fitting = given.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let (range_kind, range_subtype) = parts.next()?.split_once('/')?;
        let closeness = if range_kind.eq_ignore_ascii_case(kind) {
            match range_subtype {
                "*" => 1,
                other if other.eq_ignore_ascii_case(subtype) => 2,
                _ => return None,
            }
        } else if range_kind == "*" && range_subtype == "*" {
            0
        } else {
            return None;
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        let quality = weight.map_or(Some(1.0), |text| text.trim().parse::<f32>().ok())?;
        Some((closeness, (quality.clamp(0.0, 1.0) * 1_000.0) as u16))
    });
    fitting
        .max_by_key(|&(closeness, quality)| (closeness, quality))
        .map_or(0, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(accept: &str, expected: Option<Format>) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        assert_eq!(format(&headers).ok(), expected, "{accept}");
    }

    #[test]
    fn the_format_that_is_liked_best() {
        assert_eq!(format(&HeaderMap::new()).ok(), Some(Format::Json));
        check("", Some(Format::Json));
        check("*/*", Some(Format::Json));
        check("application/*", Some(Format::Json));
        check("text/*", Some(Format::Csv));
        check("Text/CSV", Some(Format::Csv));
        check("text/csv; charset=utf-8", Some(Format::Csv));
        check("application/vnd.apache.arrow.stream", Some(Format::Arrow));
        check(
            "text/html, text/csv;q=0.5, application/json;q=0.4",
            Some(Format::Csv),
        );
        check("application/json;q=0, */*;q=0.1", Some(Format::Csv));
        check(
            "text/html,application/xhtml+xml,*/*;q=0.8",
            Some(Format::Json),
        );
        for none in [
            "text/html",
            "application/json;q=0",
            "nonsense",
            "text/csv;q=x",
            "*/csv",
        ] {
            check(none, None);
        }
    }
}
