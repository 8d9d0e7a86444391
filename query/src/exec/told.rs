//! What a scan is asked, as plans tell it.

use std::fmt::{self, Display, Formatter};

use clearspan_schema::logs::ATTRIBUTES;
use clearspan_storage::scan::{AttributeKeys, Projection};

use super::scan::{Emit, SegmentScan};

impl Display for SegmentScan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let range = self.range();
        let (from, to) = (End(range.from), End(range.to));
        let (query, hint) = (self.query(), self.hint());
        write!(
            f,
            "range=[{from}, {to}), query=[{query}], hint=[{hint}], {}",
            self.emit()
        )
    }
}

/// An end of a range, in RFC 3339; an open one is `*`, as in the search language.
struct End(Option<i64>);

impl Display for End {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(ns) => match jiff::Timestamp::from_nanosecond(i128::from(ns)) {
                Ok(time) => write!(f, "{time}"),
                Err(_) => write!(f, "{ns}"),
            },
            None => f.write_str("*"),
        }
    }
}

impl Display for Emit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Emit::Count => f.write_str("emit=count"),
            Emit::Addresses => f.write_str("emit=addresses"),
            Emit::Columns(wanted) => projected(wanted, f),
            Emit::ColumnsAt(wanted) => {
                projected(wanted, f)?;
                f.write_str(", emit=addresses")
            }
        }
    }
}

fn projected(wanted: &Projection, f: &mut Formatter<'_>) -> fmt::Result {
    write!(f, "columns=[{}]", wanted.columns().join(", "))?;
    if !wanted.columns().contains(&ATTRIBUTES) {
        return Ok(());
    }
    match wanted.attributes() {
        AttributeKeys::All => f.write_str(", attributes=all"),
        AttributeKeys::Only(keys) => {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            write!(f, ", attributes=[{}]", keys.join(", "))
        }
    }
}
