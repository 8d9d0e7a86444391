//! Choices that are kept in a cookie, for browsers without a script.

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::SET_COOKIE;

use super::asked::see_other;
use super::frame::Theme;
use crate::error::ApiError;
use crate::params::Params;

const EXPECTED: &str = "dark or light";

/// `/theme?set=dark&back=/logs`: keeps the theme and returns.
pub(crate) async fn theme(params: Params) -> Result<Response, ApiError> {
    let Some(theme) = params.word("set", EXPECTED, Theme::parse)? else {
        return Err(crate::params::bad("bad_parameter", "set", "", EXPECTED));
    };
    let cookie = format!(
        "theme={}; Path=/; Max-Age=31536000; SameSite=Lax",
        theme.word()
    );
    let cookie = HeaderValue::from_str(&cookie).map_err(|_| ApiError::Internal)?;
    let mut response = see_other(back(params.text("back")?.unwrap_or("/"))).into_response();
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// A path of this server; anything that a browser could take for another place leads home.
fn back(path: &str) -> &str {
    let is_own = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains(['\\', '\t', '\n', '\r']);
    if is_own && path.is_ascii() { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_to_this_server() {
        assert_eq!(back("/logs?q=a%20b"), "/logs?q=a%20b");
        for elsewhere in [
            "//evil.test",
            "https://evil.test",
            "/\\evil.test",
            "",
            "/\t/evil.test",
            "logs",
        ] {
            assert_eq!(back(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
