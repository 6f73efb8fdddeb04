//! Maps and sets by hash. Their keys are names of the user's own project, so a fast hash does: the standard library's is
//! made for keys that an enemy may choose.

pub(crate) use foldhash::fast::RandomState;

pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
pub(crate) type HashSet<T> = std::collections::HashSet<T, RandomState>;

/// In the order of insertion.
pub(crate) type IndexMap<K, V> = indexmap::IndexMap<K, V, RandomState>;
/// In the order of insertion.
pub(crate) type IndexSet<T> = indexmap::IndexSet<T, RandomState>;
