//! What `statement`, `store_result` and `store_raw_result` keep for `load_result`.

use minijinja::Value;

use crate::adapter::Response;

use super::response::ResponseObject;

/// What `statement`, `store_result` and `store_raw_result` keep for `load_result`.
#[derive(Debug, Clone)]
pub(crate) struct StoredResult {
    pub response: Value,
    pub table: Value,
}

impl StoredResult {
    pub(crate) fn response(&self) -> Option<Response> {
        self.response.downcast_object_ref::<ResponseObject>().map(|response| response.0.clone())
    }
}
