//! The files of a segment beside its rows.

use serde_json::Value;

use super::{hex, u32_at};

/// Numbers that follow from the bytes of other crates.
const OF_OTHERS: &[&str] = &["bytes", "crc32c", "offset", "header_bytes", "body_bytes"];

/// Every field by its path, one of each list.
pub(super) fn meta(file: &[u8]) -> Vec<String> {
    let meta: Value = serde_json::from_slice(file).unwrap();
    let mut lines = Vec::new();
    flatten("", &meta, &mut lines);
    lines
}

fn flatten(path: &str, value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                flatten(&format!("{path}/{name}"), field, lines);
            }
        }
        Value::Array(items) => flatten(&format!("{path}[{}]", items.len()), &items[0], lines),
        _ if OF_OTHERS
            .iter()
            .any(|name| path.ends_with(&format!("/{name}"))) =>
        {
            lines.push(path.to_owned());
        }
        _ => lines.push(format!("{path} = {value}")),
    }
}

pub(super) fn shape(file: &[u8]) -> Vec<String> {
    let sum = crc32c::crc32c_append(crc32c::crc32c(&file[8..16]), &file[20..]);
    assert_eq!(u32_at(file, 16), sum);
    let length = u32_at(file, 12);
    vec![
        format!("header {}", hex(&file[..12])),
        payload(&file[20..], u64::from(length)),
    ]
}

pub(super) fn traces(file: &[u8]) -> Vec<String> {
    let length = u64::from_le_bytes(file[8..16].try_into().unwrap());
    vec![
        format!("header {}", hex(&file[..8])),
        payload(&file[16..], length),
    ]
}

fn payload(packed: &[u8], length: u64) -> String {
    let payload = zstd::bulk::decompress(packed, 1 << 20).unwrap();
    assert_eq!(payload.len() as u64, length);
    let sum = crc32c::crc32c(&payload);
    format!("payload of {length} bytes, CRC-32C {sum:08x}")
}

/// The index is Tantivy's; which files it has, and whose templates they speak of, is ours.
pub(super) fn text(file: &[u8]) -> Vec<String> {
    let (header, content) = frame(file);
    let files = zstd::bulk::decompress(&content[12..], u32_at(content, 8) as usize).unwrap();
    let (mut at, mut sizes) = (4, 0);
    let mut lines = vec![header, format!("templates {}", hex(&content[..8]))];
    for _ in 0..u32_at(&files, 0) {
        let end = at + 4 + u32_at(&files, at) as usize;
        let name = std::str::from_utf8(&files[at + 4..end]).unwrap();
        lines.push(format!("file {name}"));
        sizes += u32_at(&files, end) as usize;
        at = end + 4;
    }
    assert_eq!(at + sizes, files.len());
    lines
}

pub(super) fn filters(file: &[u8]) -> Vec<String> {
    let (header, content) = frame(file);
    vec![header, format!("content {}", hex(content))]
}

fn frame(file: &[u8]) -> (String, &[u8]) {
    let sum = crc32c::crc32c_append(crc32c::crc32c(&file[..24]), &file[28..]);
    assert_eq!(u32_at(file, 24), sum);
    (format!("header {}", hex(&file[..24])), &file[28..])
}
