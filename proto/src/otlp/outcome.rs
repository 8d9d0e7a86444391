//! What became of a request: its batch, what was rejected, what was repaired.

/// A decoded request.
#[derive(Debug)]
pub struct Decoded<B> {
    /// The good records; may have no rows.
    pub batch: B,
    /// Records that were refused. The batch's rows and these add up to what was sent.
    pub rejected: Rejections,
    /// What was kept, but not as sent.
    pub repaired: Repairs,
}

/// Rejected records by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rejections {
    pub(crate) invalid_trace_id: u64,
    pub(crate) invalid_span_id: u64,
}

impl Rejections {
    /// Every reason there is.
    pub const REASONS: [&str; 2] = ["invalid_trace_id", "invalid_span_id"];

    /// All reasons together.
    pub fn total(&self) -> u64 {
        self.invalid_trace_id + self.invalid_span_id
    }

    /// Each reason that occurred, with its count.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        let counts = [self.invalid_trace_id, self.invalid_span_id];
        (Self::REASONS.into_iter().zip(counts)).filter(|&(_, count)| count > 0)
    }

    /// English text for the sender, empty when nothing was rejected.
    pub fn message(&self) -> String {
        let mut message = String::new();
        for (reason, count) in self.iter() {
            let separator = if message.is_empty() { "" } else { ", " };
            let reason = reason.replace('_', " ");
            message += &format!("{separator}{reason}: {count}");
        }
        if !message.is_empty() {
            message.insert_str(0, "rejected spans by reason: ");
        }
        message
    }
}

/// Records that were kept but changed, by what was changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repairs {
    pub(crate) log_trace_id_dropped: u64,
    pub(crate) log_span_id_dropped: u64,
    pub(crate) parent_span_id_dropped: u64,
    pub(crate) link_dropped: u64,
    pub(crate) value_capped: u64,
    pub(crate) enum_name_unknown: u64,
}

impl Repairs {
    /// Every kind of repair there is.
    pub const KINDS: [&str; 6] = [
        "log_trace_id_dropped",
        "log_span_id_dropped",
        "parent_span_id_dropped",
        "link_dropped",
        "value_capped",
        "enum_name_unknown",
    ];

    /// All repairs together.
    pub fn total(&self) -> u64 {
        self.iter().map(|(_, count)| count).sum()
    }

    /// Each kind of repair that occurred, with its count.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        let counts = [
            self.log_trace_id_dropped,
            self.log_span_id_dropped,
            self.parent_span_id_dropped,
            self.link_dropped,
            self.value_capped,
            self.enum_name_unknown,
        ];
        (Self::KINDS.into_iter().zip(counts)).filter(|&(_, count)| count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_each_reason_with_its_count() {
        assert_eq!(Rejections::default().message(), "");
        let rejected = Rejections {
            invalid_trace_id: 2,
            invalid_span_id: 1,
        };
        assert_eq!(rejected.total(), 3);
        assert_eq!(
            rejected.message(),
            "rejected spans by reason: invalid trace id: 2, invalid span id: 1"
        );
    }

    #[test]
    fn only_repairs_that_occurred_are_listed() {
        let repaired = Repairs {
            link_dropped: 4,
            ..Repairs::default()
        };
        assert_eq!(repaired.iter().collect::<Vec<_>>(), [("link_dropped", 4)]);
        assert_eq!(repaired.total(), 4);
    }
}
