//! Pages of lists: every list Lamplight answers is bounded.

/// The most rows one answer holds, whatever was asked for.
pub const MAX_LIMIT: u64 = 500;

/// Which page of a list is wanted. Pages count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    page: u64,
    limit: u64,
}

impl PageRequest {
    /// Page `page` (from 1) of `limit` rows; out-of-range values are brought into range.
    #[must_use]
    pub fn new(page: u64, limit: u64) -> Self {
        // The upper bound of the page keeps `offset` far from overflow; no list is a million pages long.
        Self { page: page.clamp(1, 1_000_000), limit: limit.clamp(1, MAX_LIMIT) }
    }

    /// The first `limit` rows, which may be more than a page: for clients that can't turn pages and count what they are given.
    #[must_use]
    pub const fn first(limit: u64) -> Self {
        Self { page: 1, limit }
    }

    /// Which page, from 1.
    #[must_use]
    pub const fn page(self) -> u64 {
        self.page
    }

    /// Rows on a page.
    #[must_use]
    pub const fn limit(self) -> u64 {
        self.limit
    }

    /// Rows before this page.
    #[must_use]
    pub const fn offset(self) -> u64 {
        (self.page - 1) * self.limit
    }
}

/// One page of a list and how long the whole list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// Where the page stands in the whole.
    pub pagination: Pagination,
}

impl<T> Page<T> {
    /// The rows of the page that was asked for, of a list of `total` rows.
    #[must_use]
    pub fn new(rows: Vec<T>, request: PageRequest, total: u64) -> Self {
        Self { rows, pagination: Pagination::new(request, total) }
    }

    /// The same page with each row turned into something else.
    pub fn map<U>(self, into: impl FnMut(T) -> U) -> Page<U> {
        Page { rows: self.rows.into_iter().map(into).collect(), pagination: self.pagination }
    }
}

/// Where a page stands in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pagination {
    /// This page, from 1.
    pub page: u64,
    /// Rows on a page.
    pub limit: u64,
    /// Rows in the whole list.
    pub total: u64,
    /// Pages in the whole list: `total / limit`, rounded up.
    pub pages: u64,
    /// Whether the list goes on after `total` rows, which were all that were counted.
    pub is_more: bool,
}

impl Pagination {
    /// Computes the number of pages.
    #[must_use]
    pub const fn new(request: PageRequest, total: u64) -> Self {
        Self { page: request.page, limit: request.limit, total, pages: total.div_ceil(request.limit), is_more: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_brought_into_range() {
        for (page, limit, offset, rows) in [(0, 0, 0, 1), (1, 10, 0, 10), (3, 20, 40, 20), (1, 10_000, 0, MAX_LIMIT)] {
            let request = PageRequest::new(page, limit);
            assert_eq!((request.offset(), request.limit()), (offset, rows));
        }
        assert_eq!(Pagination::new(PageRequest::new(1, 10), 21).pages, 3);
        assert_eq!(Pagination::new(PageRequest::new(1, 10), 0).pages, 0);
    }
}
