//! From a template and variables back to the body.

use super::TemplateError;
use super::ids::RecordIds;
use super::token::PLACEHOLDER;

/// Appends the body that was split into `template` and `variables`, byte for byte, to `out`. The ids have to be those with which it was
/// split.
///
/// Whatever is given, this ends with a body or an error, in time linear in its length; after an error `out` is as before.
pub fn restore_into(
    template: &str,
    variables: &str,
    ids: RecordIds,
    out: &mut String,
) -> Result<(), TemplateError> {
    let start = out.len();
    let restored = weave(template, variables, ids, out);
    if restored.is_err() {
        out.truncate(start);
    }
    restored
}

/// Appends the variables to `out`, joined as they are, with the record's ids in place of references to them. After an error `out` is
/// as before.
pub fn write_out_variables(
    variables: &str,
    ids: RecordIds,
    out: &mut String,
) -> Result<(), TemplateError> {
    let start = out.len();
    for (number, variable) in each(variables).enumerate() {
        if number > 0 {
            out.push(PLACEHOLDER);
        }
        if let Err(error) = ids.write_out(variable, out) {
            out.truncate(start);
            return Err(error);
        }
    }
    Ok(())
}

/// The variables of a row.
pub(super) fn each(variables: &str) -> impl Iterator<Item = &str> {
    let some = (!variables.is_empty()).then(|| parts(variables));
    some.into_iter().flatten()
}

/// The parts of a text between placeholders. The standard library's `split` takes twice as long for what a restored body costs.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let ends = memchr::memchr_iter(PLACEHOLDER as u8, text.as_bytes()).chain([text.len()]);
    ends.map(move |end| {
        let part = &text[start..end];
        start = end + PLACEHOLDER.len_utf8();
        part
    })
}

fn weave(
    template: &str,
    variables: &str,
    ids: RecordIds,
    out: &mut String,
) -> Result<(), TemplateError> {
    let count = || TemplateError::Count {
        places: template.matches(PLACEHOLDER).count(),
        variables: each(variables).count(),
    };
    out.reserve(template.len() + variables.len());
    let mut texts = parts(template);
    out.push_str(texts.next().unwrap_or_default());
    let mut variables = each(variables);
    for text in texts {
        ids.write_out(variables.next().ok_or_else(count)?, out)?;
        out.push_str(text);
    }
    match variables.next() {
        None => Ok(()),
        Some(_) => Err(count()),
    }
}
