//! How fast a service may be asked: so many calls under way, and no more a second than it says it takes.
//!
//! The SDK's adaptive retries slow down further when a service asks for it; here is what is known beforehand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Calls of one service in one region at the same time
/// (source for the order of magnitude: EC2's buckets of 50 to 100 requests for each operation).
const CALLS_AT_ONCE: usize = 8;

/// Services with a published limit for all their reads together in a region: calls at once, and calls a second.
const RATES: &[(&str, u32, f64)] = &[
    // Not published; what other scanners have found to work.
    ("cloudfront", 10, 5.0),
    // Elastic Load Balancing user guide, "API throttling": non-mutating, 40 and 10 a second.
    ("elasticloadbalancing", 40, 10.0),
    // Lambda developer guide, "Quotas": control plane requests, 15 a second.
    ("lambda", 15, 15.0),
    // Resource Explorer user guide, "Quotas".
    ("resource-explorer-2", 3, 3.0),
    // Route 53 developer guide, "Quotas": five requests a second and account.
    ("route53", 5, 5.0),
    ("route53resolver", 5, 5.0),
    // Not published; what other scanners have found to work.
    ("servicequotas", 5, 5.0),
    // Tag Editor user guide, "Quotas": GetResources, 15 a second.
    ("tag", 15, 15.0),
    // Not published; what other scanners have found to work.
    ("wafv2", 10, 5.0),
];

/// Bounds the calls of one region, by service.
#[derive(Default)]
pub(super) struct Pace {
    services: Mutex<FxHashMap<&'static str, Arc<Service>>>,
}

struct Service {
    places: Arc<Semaphore>,
    bucket: Option<Mutex<Bucket>>,
}

/// What may still be asked for, refilled as time goes by; below nothing where calls wait already.
struct Bucket {
    size: f64,
    refill: f64,
    left: f64,
    at: Instant,
}

impl Bucket {
    /// Takes one call out, and says how long it has to wait.
    fn take(&mut self, now: Instant) -> Duration {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + since * self.refill).min(self.size) - 1.0;
        self.at = now;
        Duration::from_secs_f64((-self.left).max(0.0) / self.refill)
    }
}

impl Service {
    fn new(name: &str) -> Self {
        let rate = RATES.iter().find(|(known, ..)| *known == name);
        Self {
            places: Arc::new(Semaphore::new(CALLS_AT_ONCE)),
            bucket: rate.map(|(_, size, refill)| {
                Mutex::new(Bucket {
                    size: f64::from(*size),
                    refill: *refill,
                    left: f64::from(*size),
                    at: Instant::now(),
                })
            }),
        }
    }
}

impl Pace {
    /// Waits for a place for a call of the service that `action` (`ec2:DescribeVpcs`) names; the call holds it.
    pub(super) async fn place(&self, action: &'static str) -> Option<OwnedSemaphorePermit> {
        let name = action.split(':').next().unwrap_or_default();
        let service = Arc::clone(
            self.services
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(name)
                .or_insert_with(|| Arc::new(Service::new(name))),
        );
        let place = Arc::clone(&service.places).acquire_owned().await.ok();
        if let Some(bucket) = &service.bucket {
            let wait = bucket
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(Instant::now());
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_what_it_holds_and_then_its_refill() {
        let start = Instant::now();
        let mut bucket = Bucket {
            size: 2.0,
            refill: 4.0,
            left: 2.0,
            at: start,
        };
        let quarter = Duration::from_millis(250);
        let waits: Vec<Duration> = (0..4).map(|_| bucket.take(start)).collect();
        assert_eq!(waits, [Duration::ZERO, Duration::ZERO, quarter, quarter * 2]);
        // What waits has been promised its turn; a call after it comes after it.
        assert_eq!(bucket.take(start + quarter), quarter * 2);
        // And it never holds more than its size.
        let later = start + Duration::from_secs(60);
        let waits: Vec<Duration> = (0..3).map(|_| bucket.take(later)).collect();
        assert_eq!(waits, [Duration::ZERO, Duration::ZERO, quarter]);
    }

    #[tokio::test]
    async fn a_service_without_a_known_rate_waits_for_places_alone() {
        let pace = Pace::default();
        let start = Instant::now();
        for _ in 0..100 {
            assert!(pace.place("ec2:DescribeVpcs").await.is_some());
        }
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[tokio::test]
    async fn no_more_than_its_rate_is_asked_of_a_service() {
        let pace = Pace::default();
        let start = Instant::now();
        for _ in 0..7 {
            drop(pace.place("route53:ListHostedZones").await);
        }
        // Five at once, the other two a fifth of a second apart.
        assert!(start.elapsed() >= Duration::from_millis(390), "{:?}", start.elapsed());
    }
}
