//! Writes `text.idx`.

use std::io::Write;
use std::path::PathBuf;

use tantivy::columnar::ColumnarWriter;
use tantivy::directory::{Directory, RamDirectory, TerminatingWrite};
use tantivy::fieldnorm::FieldNormsSerializer;
use tantivy::index::{Segment, SegmentComponent, SegmentId};
use tantivy::postings::InvertedIndexSerializer;
use tantivy::schema::Field;
use tantivy::{Index, IndexMeta, IndexSettings, TantivyError};

use super::{FILE, schema, template_term};
use crate::limits::ZSTD_LEVEL;
use crate::text::bundle;
use crate::text::error::TextError;
use crate::text::frame::{self, Layout};
use crate::text::templates::TemplateGranules;
use crate::text::token::rules;
use crate::text::words::Postings;

const META: &str = "meta.json";
const SEGMENT: &str = "00000000000000000000000000000001";

/// Writes `text.idx`.
pub(crate) fn write(
    words: &Postings,
    templates: &TemplateGranules,
    layout: Layout,
) -> Result<Vec<u8>, TextError> {
    let (schema, words_field, templates_field) = schema();
    let directory = RamDirectory::create();
    let index = Index::create(directory.clone(), schema.clone(), IndexSettings::default())?;
    let id = SegmentId::from_uuid_string(SEGMENT)
        .map_err(|error| TantivyError::InvalidArgument(error.to_string()))?;
    let granules = frame::size(FILE, layout.granules(), "granules")?;
    let segment = index.segment(index.new_segment_meta(id, granules));

    let mut serializer = InvertedIndexSerializer::open(&segment)?;
    let entries = words.entries();
    let words = (0..words.len()).map(|n| (words.word(n), words.granules(n)));
    write_field(&mut serializer, words_field, entries, words)?;
    let ids = templates
        .iter()
        .map(|(id, granules)| (template_term(id), granules));
    write_field(&mut serializer, templates_field, templates.entries(), ids)?;
    serializer.close()?;
    write_empty_files(&segment, granules)?;
    let meta = IndexMeta {
        segments: vec![segment.meta().clone()],
        ..IndexMeta::with_schema(schema)
    };
    let meta = serde_json::to_vec(&meta).map_err(std::io::Error::from)?;
    directory.atomic_write(META.as_ref(), &meta)?;

    let mut bytes = frame::begin(FILE, rules(), layout)?;
    frame::put_u32(
        &mut bytes,
        frame::size(FILE, templates.count(), "templates")?,
    );
    frame::put_u32(&mut bytes, templates.checksum());
    let mut names = COMPONENTS
        .map(|component| segment.relative_path(component))
        .to_vec();
    names.push(PathBuf::from(META));
    let mut files = Vec::new();
    bundle::append(&mut files, &directory, names)?;
    frame::put_u32(&mut bytes, frame::size(FILE, files.len(), "the index")?);
    bytes.extend(zstd::bulk::compress(&files, ZSTD_LEVEL)?);
    Ok(frame::seal(bytes))
}

const COMPONENTS: [SegmentComponent; 6] = [
    SegmentComponent::Terms,
    SegmentComponent::Postings,
    SegmentComponent::Positions,
    SegmentComponent::FieldNorms,
    SegmentComponent::FastFields,
    SegmentComponent::Store,
];

/// Terms in their order, each with its granules.
fn write_field<'a>(
    serializer: &mut InvertedIndexSerializer,
    field: Field,
    entries: usize,
    each: impl Iterator<Item = (impl AsRef<str>, &'a [u32])>,
) -> Result<(), TextError> {
    let mut terms = serializer.new_field(field, entries as u64, None)?;
    for (term, granules) in each {
        terms.new_term(term.as_ref().as_bytes(), granules.len() as u32, false)?;
        for granule in granules {
            terms.write_doc(*granule, 1, &[]);
        }
        terms.close_term()?;
    }
    terms.close()?;
    Ok(())
}

fn write_empty_files(segment: &Segment, granules: u32) -> Result<(), TextError> {
    let open = |component| segment.open_write(component).map_err(TantivyError::from);
    FieldNormsSerializer::from_write(open(SegmentComponent::FieldNorms)?)?.close()?;
    let mut columns = open(SegmentComponent::FastFields)?;
    ColumnarWriter::default().serialize(granules, None, &mut columns)?;
    columns.terminate()?;
    let mut store = open(SegmentComponent::Store)?;
    store.flush()?;
    store.terminate()?;
    Ok(())
}
