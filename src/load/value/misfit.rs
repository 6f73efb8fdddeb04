//! Why a value does not fit its column.

use std::borrow::Cow;

/// The rest of a sentence that begins with the column's name.
pub(in crate::load) type Misfit = Cow<'static, str>;
