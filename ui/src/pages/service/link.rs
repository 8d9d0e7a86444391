//! Where a service's page is.

use form_urlencoded::byte_serialize;

use crate::pages::frame::Frame;
use crate::pages::view::{Link, View};

/// The page of a service, in the range of a page.
pub(in crate::pages) fn service_link(name: &str, frame: &Frame) -> Link {
    let view = if stands_in_a_path(name) {
        // In a path a space is no plus sign.
        let encoded: String = byte_serialize(name.as_bytes()).collect();
        View::at(format!("/service/{}", encoded.replace('+', "%20")))
    } else {
        View::at("/service").with("name", name)
    };
    view.with("from", frame.view.get("from"))
        .with("to", frame.view.get("to"))
        .link()
}

/// Browsers take dots for steps of the path, escaped too; a service without a name leaves nothing to stand there.
fn stands_in_a_path(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::pages::frame::Here;
    use crate::pages::range::PageRange;

    #[test]
    fn any_name_has_a_page() {
        let view = View::at("/").with("from", "now-1h");
        let range = PageRange::fallback(&view, 0);
        let frame = Frame::new(Here::Services, view, range, &HeaderMap::new());
        let check =
            |name: &str, expected: &str| assert_eq!(service_link(name, &frame).as_str(), expected);
        check("cart", "/service/cart?from=now-1h");
        check("a b/c+d%", "/service/a%20b%2Fc%2Bd%25?from=now-1h");
        check("ünï", "/service/%C3%BCn%C3%AF?from=now-1h");
        check("", "/service?from=now-1h");
        check("..", "/service?name=..&from=now-1h");
    }
}
