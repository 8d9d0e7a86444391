//! What a scan read, and what it could leave out.

/// Counts of one scan, summed over its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScanStats {
    /// Segments in the snapshot; memtable chunks are not counted.
    pub segments_total: u64,
    /// Segments of which rows were read.
    pub segments_read: u64,
    /// Segments left out because of their time.
    pub segments_skipped_by_time: u64,
    /// Segments left out because an index says that no row matches.
    pub segments_skipped_by_index: u64,
    /// Segments whose rows were counted by their templates, without reading one.
    pub segments_skipped_by_templates: u64,
    /// Granules in the snapshot, memtable included.
    pub granules_total: u64,
    /// Granules that pruning left and whose rows were read.
    pub granules_read: u64,
    /// Granules left out because of their time.
    pub granules_skipped_by_time: u64,
    /// Granules left out by the text index, the id filters or the trace directory.
    pub granules_skipped_by_index: u64,
    /// Granules whose rows were counted by their templates.
    pub granules_skipped_by_templates: u64,
    /// Templates of the snapshot's segments, each segment's for itself, as their metadata tell.
    pub templates_total: u64,
    /// Whether the metadata of some segment do not tell, so that there are more.
    pub templates_untold: bool,
    /// Templates that conditions on texts were held against, each segment's for itself: the sum of the three below.
    pub templates_tested: u64,
    /// Those of which it is certain that all of their rows match.
    pub templates_matched: u64,
    /// Those of which it is certain that no row matches.
    pub templates_ruled_out: u64,
    /// Those whose rows had to be looked at: variables decide, or other conditions.
    pub templates_undecided: u64,
    /// Rows in the snapshot, memtable included.
    pub rows_total: u64,
    /// Rows that were held against the query.
    pub rows_scanned: u64,
    /// Rows that were decoded for it: record batches are decoded whole.
    pub rows_decoded: u64,
}

impl ScanStats {
    /// Adds `other`'s counts.
    pub fn add(&mut self, other: &ScanStats) {
        self.segments_total += other.segments_total;
        self.segments_read += other.segments_read;
        self.segments_skipped_by_time += other.segments_skipped_by_time;
        self.segments_skipped_by_index += other.segments_skipped_by_index;
        self.segments_skipped_by_templates += other.segments_skipped_by_templates;
        self.granules_total += other.granules_total;
        self.granules_read += other.granules_read;
        self.granules_skipped_by_time += other.granules_skipped_by_time;
        self.granules_skipped_by_index += other.granules_skipped_by_index;
        self.granules_skipped_by_templates += other.granules_skipped_by_templates;
        self.templates_total += other.templates_total;
        self.templates_untold |= other.templates_untold;
        self.templates_tested += other.templates_tested;
        self.templates_matched += other.templates_matched;
        self.templates_ruled_out += other.templates_ruled_out;
        self.templates_undecided += other.templates_undecided;
        self.rows_total += other.rows_total;
        self.rows_scanned += other.rows_scanned;
        self.rows_decoded += other.rows_decoded;
    }

    /// Adds the counts of another pass over parts of the same rows. Templates are those of the pass that tested more of them: the other tested some of these
    /// again.
    pub fn add_pass(&mut self, other: &ScanStats) {
        let templates = [
            self.templates_tested,
            self.templates_matched,
            self.templates_ruled_out,
            self.templates_undecided,
        ];
        self.add(other);
        let [tested, matched, ruled_out, undecided] = match other.templates_tested > templates[0] {
            true => [
                other.templates_tested,
                other.templates_matched,
                other.templates_ruled_out,
                other.templates_undecided,
            ],
            false => templates,
        };
        self.templates_tested = tested;
        self.templates_matched = matched;
        self.templates_ruled_out = ruled_out;
        self.templates_undecided = undecided;
    }

    /// Adds templates, with what was found out about the rows of each: that they match, that they do not; `None` where it depends.
    pub fn add_templates(&mut self, decided: impl IntoIterator<Item = Option<bool>>) {
        for decided in decided {
            self.templates_tested += 1;
            match decided {
                Some(true) => self.templates_matched += 1,
                Some(false) => self.templates_ruled_out += 1,
                None => self.templates_undecided += 1,
            }
        }
    }
}
