//! Scripts and styles, embedded in the program.
//!
//! `ui/web` holds their sources; esbuild's output is committed in `ui/assets`, so that building the program needs cargo
//! alone. A file's name carries the hash of its content: a browser may keep it for ever, and a new version has a new name.

use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, VARY,
};
use http::{HeaderMap, HeaderValue, Uri};

use crate::error::{ApiError, shown};

struct Asset {
    /// As the templates name it.
    name: &'static str,
    path: &'static str,
    content_type: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
}

const ASSETS: &[Asset] = include!("../assets/table.rs");

const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The path of the asset that templates call `name`; empty, and so refused by every check of the pages, when there is none.
pub(crate) fn path(name: &str) -> &'static str {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    asset.map_or("", |asset| asset.path)
}

pub(crate) async fn asset(uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let asset = ASSETS.iter().find(|asset| asset.path == uri.path());
    let asset = asset.ok_or_else(|| ApiError::UnknownPath {
        path: shown(uri.path()),
    })?;
    let mut fields: Vec<(HeaderName, &str)> = vec![
        (CONTENT_TYPE, asset.content_type),
        (CACHE_CONTROL, FOR_EVER),
        (VARY, "accept-encoding"),
    ];
    let bytes = if takes_brotli(&headers) {
        fields.push((CONTENT_ENCODING, "br"));
        asset.brotli
    } else {
        asset.plain
    };
    let mut response = bytes.into_response();
    for (name, value) in fields {
        let value = HeaderValue::from_str(value).map_err(|_| ApiError::Internal)?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// `br` is named and not ruled out by `q=0`.
fn takes_brotli(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT_ENCODING).iter();
    lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let is_brotli = parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case("br"));
            let weight = parts
                .find_map(|part| part.strip_prefix("q="))
                .map_or(Ok(1.0), str::parse::<f32>);
            is_brotli && weight.is_ok_and(|weight| weight > 0.0)
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn every_asset_that_templates_name_exists() {
        for name in ["app.css", "app.js", "logs.js", "trace.js"] {
            assert!(path(name).starts_with("/assets/"), "{name}");
        }
    }

    #[test]
    fn brotli_is_sent_to_those_who_take_it() {
        let check = |value: &str, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_str(value).unwrap());
            assert_eq!(takes_brotli(&headers), expected, "{value}");
        };
        check("gzip, deflate, br, zstd", true);
        check("BR;q=0.5", true);
        check("gzip, br;q=0", false);
        check("gzip", false);
        check("brotli", false);
        assert!(!takes_brotli(&HeaderMap::new()));
    }
}
