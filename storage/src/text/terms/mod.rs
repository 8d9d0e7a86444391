//! The term dictionary of a segment: a Tantivy index whose documents are granules.
//!
//! Document ids are granule numbers. There are two fields, without positions, frequencies, norms or stored values: words, and templates
//! by their ids with eight hexadecimal digits (see [`templates`](super::templates)). The words
//! arrive here sorted, with their granules, so they go straight to Tantivy's serializer; its indexing writer would hash and
//! sort them a second time. The other files that a segment must have are written empty, and the segment's id is fixed, so that the same
//! rows give the same bytes.
//!
//! `text.idx`, inside the frame of [`frame`](super::frame):
//!
//! | bytes | what |
//! |---|---|
//! | 4 | templates of the dictionary whose ids are meant |
//! | 4 | CRC32C over the templates, a byte 255 after each |
//! | 4 | bytes of what follows before compression |
//! | ... | zstd: the files of the index (see [`bundle`](super::bundle)) |
//!
//! Granules of rare terms take a byte each however near they are, and neighbouring terms are alike, so compression halves the file. It is read
//! whole in any case. Version 1 had only the files of the index, not compressed, and no field of templates.
//!
//! | file | what |
//! |---|---|
//! | `writer` | from sorted words and templates to the file |
//! | `reader` | the opened file |

mod reader;
mod writer;

pub(crate) use reader::Terms;
pub(crate) use writer::write;

use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};

use super::frame::FileKind;

const FILE: FileKind = FileKind::Terms;

/// The fields: words, and templates by their ids.
const WORDS: &str = "words";
const TEMPLATES: &str = "templates";

fn schema() -> (Schema, Field, Field) {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::Basic);
    let mut schema = Schema::builder();
    let options = TextOptions::default().set_indexing_options(indexing);
    let words = schema.add_text_field(WORDS, options.clone());
    let templates = schema.add_text_field(TEMPLATES, options);
    (schema.build(), words, templates)
}

/// The term of a template. All are as long as each other, so that their order is that of the ids.
fn template_term(id: u32) -> String {
    format!("{id:08x}")
}
