//! The order of a row's attributes.
//!
//! Columns do not say in which order a record had its attributes, nor which it had twice, and both are kept. A row's order is a text that
//! names them one after the other, separated by commas: `http.route,retries:int,*2,cached:bool`. `*2` are two entries of the residual
//! column. Few orders occur: what is uncommon is not named in them.

use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, StringBuilder};
use clearspan_schema::dictionary::Key;
use foldhash::HashMap;

use super::ShapeError;
use crate::limits::{ATTRIBUTE_ORDER_BYTES_MAX, ATTRIBUTE_ORDERS_MAX};

/// One place of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// The attribute column with this number.
    Column(u16),
    /// So many entries of the residual column.
    Residual(u32),
}

impl Place {
    /// Appends a residual entry to an order.
    pub(super) fn push_residual(order: &mut Vec<Place>) {
        match order.last_mut() {
            Some(Place::Residual(entries)) => *entries += 1,
            _ => order.push(Place::Residual(1)),
        }
    }
}

/// The orders of a segment that is being written.
#[derive(Debug, Default)]
pub(super) struct Orders {
    codes: HashMap<Vec<Place>, usize>,
    texts: Vec<String>,
    bytes: usize,
    /// The order of the row before, with its code.
    last: Option<(Vec<Place>, usize)>,
}

impl Orders {
    /// The code of an order; `None` when there are too many already.
    #[inline]
    pub(super) fn code(&mut self, order: &[Place], names: &[String]) -> Option<usize> {
        if let Some((_, code)) = self.last.as_ref().filter(|(last, _)| last == order) {
            return Some(*code);
        }
        let code = match self.codes.get(order) {
            Some(code) => *code,
            None => self.add(order, names)?,
        };
        match &mut self.last {
            Some((last, known)) => {
                last.clear();
                last.extend_from_slice(order);
                *known = code;
            }
            None => self.last = Some((order.to_vec(), code)),
        }
        Some(code)
    }

    fn add(&mut self, order: &[Place], names: &[String]) -> Option<usize> {
        let text = text(order, names);
        if self.texts.len() >= ATTRIBUTE_ORDERS_MAX
            || self.bytes + text.len() > ATTRIBUTE_ORDER_BYTES_MAX
        {
            return None;
        }
        let code = self.texts.len();
        self.bytes += text.len();
        self.texts.push(text);
        self.codes.insert(order.to_vec(), code);
        Some(code)
    }

    /// The column of rows with these codes. Its dictionary has the orders that they use.
    pub(super) fn column(&self, codes: &[Option<usize>]) -> Result<ArrayRef, ShapeError> {
        let mut used: Vec<Option<i32>> = vec![None; self.texts.len()];
        let mut values = StringBuilder::new();
        let mut next = 0;
        let keys = codes.iter().map(|code| {
            let code = (*code)?;
            Some(*used[code].get_or_insert_with(|| {
                values.append_value(&self.texts[code]);
                next += 1;
                next - 1
            }))
        });
        let keys: Int32Array = keys.collect();
        let values = Arc::new(values.finish());
        Ok(Arc::new(DictionaryArray::<Key>::try_new(keys, values)?))
    }

    /// How many orders there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }
}

fn text(order: &[Place], names: &[String]) -> String {
    let mut text = String::new();
    for place in order {
        if !text.is_empty() {
            text.push(',');
        }
        match place {
            Place::Column(column) => text.push_str(&names[usize::from(*column)]),
            Place::Residual(entries) => text.push_str(&format!("*{entries}")),
        }
    }
    text
}

/// Reads an order. `None` when it names a column that is not among `columns`.
pub(super) fn parse(text: &str, columns: &HashMap<String, u16>) -> Option<Vec<Place>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let places = text.split(',').map(|name| match name.strip_prefix('*') {
        Some(entries) => entries.parse().ok().map(Place::Residual),
        None => columns.get(name).copied().map(Place::Column),
    });
    places.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_reads_back() {
        let names = ["a".to_owned(), "b:int".to_owned()];
        let columns = names.iter().cloned().zip(0..).collect();
        for order in [
            vec![],
            vec![Place::Residual(1)],
            vec![Place::Column(1), Place::Residual(10_000), Place::Column(0)],
        ] {
            assert_eq!(parse(&text(&order, &names), &columns), Some(order));
        }
        for wrong in ["c", "a,", "*", "*-1", "a,,b:int", "*99999999999"] {
            assert_eq!(parse(wrong, &columns), None, "{wrong}");
        }
    }
}
