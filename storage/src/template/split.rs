//! From a body to its template and variables, in one pass.

use super::ids::{RecordIds, is_hex_of};
use super::token::{PLACEHOLDER, SPAN_REFERENCE, TRACE_REFERENCE, class, class_of, key_bytes};
use crate::limits::{TEMPLATE_BODY_BYTES_MAX, TEMPLATE_BYTES_MAX};

/// Splits bodies. Its buffers are used again for each, so one splitter serves many rows.
#[derive(Debug, Default)]
pub struct Splitter {
    template: String,
    variables: String,
}

/// A body as its template and variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split<'a> {
    /// The text, with U+0001 for each variable.
    pub template: &'a str,
    /// The variables in their order, joined by U+0001. Empty when there are none, for no variable is empty.
    pub variables: &'a str,
}

impl Splitter {
    /// Splits a body, or says that it has to stay as it is: when it is empty, long, has a long template, or holds a character
    /// that templates are written with.
    ///
    /// The same body and ids give the same split, always.
    pub fn split(&mut self, body: &str, ids: RecordIds) -> Option<Split<'_>> {
        self.template.clear();
        self.variables.clear();
        if body.is_empty() || body.len() > TEMPLATE_BODY_BYTES_MAX {
            return None;
        }
        let bytes = body.as_bytes();
        let (mut at, mut copied) = (0, 0);
        while let Some(byte) = bytes.get(at) {
            match class_of(*byte) {
                0 => at += 1,
                class::RESERVED => return None,
                _ => {
                    let (start, classes) = (at, token(bytes, &mut at));
                    if classes & class::DIGIT != 0 {
                        let start = start + key_bytes(&bytes[start..at]);
                        self.push(&body[copied..start], &body[start..at], ids);
                        copied = at;
                    }
                }
            }
        }
        self.template.push_str(&body[copied..]);
        (self.template.len() <= TEMPLATE_BYTES_MAX).then_some(Split {
            template: &self.template,
            variables: &self.variables,
        })
    }

    fn push(&mut self, text: &str, variable: &str, ids: RecordIds) {
        self.template.push_str(text);
        self.template.push(PLACEHOLDER);
        if !self.variables.is_empty() {
            self.variables.push(PLACEHOLDER);
        }
        if is_hex_of(variable, ids.trace_id) {
            self.variables.push(TRACE_REFERENCE);
        } else if is_hex_of(variable, ids.span_id) {
            self.variables.push(SPAN_REFERENCE);
        } else {
            self.variables.push_str(variable);
        }
    }
}

/// Moves `at` from a token's start to its end. Returns the classes of its bytes, taken together.
#[inline]
fn token(bytes: &[u8], at: &mut usize) -> u8 {
    let mut classes = 0;
    while let Some(byte) = bytes.get(*at) {
        let class = class_of(*byte);
        if class & class::TOKEN == 0 {
            break;
        }
        classes |= class;
        *at += 1;
    }
    classes
}
