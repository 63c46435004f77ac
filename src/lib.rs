//! whose
