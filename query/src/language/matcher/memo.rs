//! Answers per distinct value of a dictionary column, each found when it is first asked for.

/// One answer for each value of a dictionary.
#[derive(Debug)]
pub(crate) struct Memo<T>(Vec<Option<T>>);

impl<T: Copy> Memo<T> {
    pub(crate) fn new(values: usize) -> Self {
        Memo(vec![None; values])
    }

    pub(crate) fn get(&mut self, key: usize, find: impl FnOnce() -> T) -> T {
        *self.0[key].get_or_insert_with(find)
    }
}
