//! Maps and sets by hash. Their keys are names of the user's own project, so a fast hash does: the standard library's is
//! made for keys that an enemy may choose.

pub use foldhash::fast::RandomState;

pub type HashMap<K, V> = std::collections::HashMap<K, V, RandomState>;
pub type HashSet<T> = std::collections::HashSet<T, RandomState>;

/// In the order of insertion.
pub type IndexMap<K, V> = indexmap::IndexMap<K, V, RandomState>;
/// In the order of insertion.
pub type IndexSet<T> = indexmap::IndexSet<T, RandomState>;
