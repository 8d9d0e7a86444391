//! Files of the write-ahead log: the bytes of headers, and that every length and checksum is what the document says.

use arrow_ipc::reader::StreamReader;

use super::{hex, rows, u32_at};

const FRAME_HEADER: usize = 40;

pub(super) fn describe(file: &[u8]) -> Vec<String> {
    let tenant_bytes = usize::from(file[11]).next_multiple_of(8);
    let schema_bytes = u32_at(file, 12) as usize;
    let schema_at = 32 + tenant_bytes;
    let header = schema_at + schema_bytes + 8;
    assert_eq!(u32_at(file, header - 8) as usize, header);
    assert_eq!(
        u32_at(file, header - 4),
        crc32c::crc32c(&file[..header - 4])
    );
    let schema = &file[schema_at..schema_at + schema_bytes];
    let mut lines = vec![
        format!("header {} {}", hex(&file[..12]), hex(&file[16..32])),
        format!("tenant {}", hex(&file[32..schema_at])),
    ];
    let mut at = header;
    while at < file.len() {
        let frame = &file[at..at + FRAME_HEADER];
        let payload = u32_at(frame, 4) as usize;
        let payload = &file[at + FRAME_HEADER..at + FRAME_HEADER + payload];
        assert_eq!(u32_at(frame, 32), crc32c::crc32c(payload));
        let sum = crc32c::crc32c_append(u32_at(file, header - 4), &frame[..36]);
        assert_eq!(u32_at(frame, 36), sum);
        lines.push(format!("frame {} {}", hex(&frame[..4]), hex(&frame[8..32])));
        let stream = [schema, payload].concat();
        let mut reader = StreamReader::try_new(stream.as_slice(), None).unwrap();
        let batch = reader.next().unwrap().unwrap();
        assert_eq!(batch.num_rows(), u32_at(frame, 24) as usize);
        if at == header {
            lines.extend(rows::schema(&batch.schema()));
        }
        at += FRAME_HEADER + payload.len();
    }
    assert_eq!(at, file.len());
    lines
}
