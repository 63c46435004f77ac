//! What a kind's `list` function is given: clients, a place for what it finds, and paging that cannot lie.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Mutex, PoisonError};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::future::BoxFuture;

use super::call::{Place, Request, Service, Tree};
use super::clients::Clients;
use super::fault::{Fault, Reason};
use crate::model::{Live, Symbol};

/// A kind's `list` function: it hands what it finds to the context, page by page.
pub type List = for<'a> fn(&'a ListCx<'a>) -> BoxFuture<'a, Result<(), Fault>>;

/// One listing in one account and region.
pub struct ListCx<'a> {
    clients: &'a Clients,
    pub account: Symbol,
    pub region: Symbol,
    pub partition: Symbol,
    found: Mutex<Vec<Live>>,
    faults: Mutex<Vec<(Symbol, Fault)>>,
}

impl<'a> ListCx<'a> {
    #[must_use]
    pub fn new(clients: &'a Clients, account: Symbol, region: Symbol, partition: Symbol) -> Self {
        Self {
            clients,
            account,
            region,
            partition,
            found: Mutex::default(),
            faults: Mutex::default(),
        }
    }

    #[must_use]
    pub fn ec2(&self) -> &aws_sdk_ec2::Client {
        self.clients.ec2()
    }

    #[must_use]
    pub fn ecs(&self) -> &aws_sdk_ecs::Client {
        self.clients.ecs()
    }

    #[must_use]
    pub fn rds(&self) -> &aws_sdk_rds::Client {
        self.clients.rds()
    }

    #[must_use]
    pub fn elb(&self) -> &aws_sdk_elasticloadbalancingv2::Client {
        self.clients.elb()
    }

    /// Starts a live resource of this account and region, with the ARN from the kind's template.
    #[must_use]
    pub fn live(&self, kind: &'static crate::kinds::facts::Kind, id: &str) -> Live {
        let arn = kind
            .arn_of(&self.partition, &self.region, &self.account, id)
            .unwrap_or_default();
        Live::new(Symbol::known(kind.name), self.account, self.region, id, arn)
    }

    /// Hands over a resource.
    pub fn found(&self, mut live: Live) {
        live.configuration.shrink();
        self.found.lock().unwrap_or_else(PoisonError::into_inner).push(live);
    }

    /// Says that the listing of `kind` has a gap although it went on.
    pub fn gap(&self, kind: &'static str, fault: Fault) {
        self.faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((Symbol::known(kind), fault));
    }

    /// Takes what was found, and the gaps.
    #[must_use]
    pub fn finish(self) -> (Vec<Live>, Vec<(Symbol, Fault)>) {
        (
            self.found.into_inner().unwrap_or_else(PoisonError::into_inner),
            self.faults.into_inner().unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Takes what was found so far; for a run that is cut off.
    #[must_use]
    pub fn take(&self) -> Vec<Live> {
        std::mem::take(&mut *self.found.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes one call, in its turn.
    ///
    /// # Errors
    /// The fault that ended it, after the SDK's retries.
    pub async fn call<O, E>(
        &self,
        action: &'static str,
        request: impl Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    ) -> Result<O, Fault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let _place = self.clients.pace.place(action).await;
        tracing::debug!(action, region = %self.region, "call");
        request.await.map_err(|error| {
            let fault = Fault::from_sdk(action, &error);
            tracing::debug!(region = %self.region, %fault, "fault");
            fault
        })
    }

    /// Calls an operation of a service that has no client here, for every page. `ask` makes the request with the token
    /// of the page, `take` uses a page and returns the token of the next one.
    ///
    /// # Errors
    /// The fault that ended it, also where a token comes twice. What earlier pages gave is kept.
    pub async fn ask(
        &self,
        service: &'static Service,
        operation: &'static str,
        action: &'static str,
        ask: impl Fn(Option<String>) -> Request,
        mut take: impl FnMut(&Tree) -> Option<String>,
    ) -> Result<(), Fault> {
        let place = self.place();
        let call = self
            .clients
            .caller()
            .prepare(service, operation, action, "", place)
            .await?;
        let mut seen = BTreeSet::new();
        let mut token = None;
        loop {
            let page = {
                let _place = self.clients.pace.place(action).await;
                call.send(ask(token)).await?
            };
            match take(&page).filter(|next| !next.is_empty()) {
                None => return Ok(()),
                Some(next) if seen.insert(next.clone()) => token = Some(next),
                Some(_) => return Err(Fault::ours(action, Reason::RepeatedToken)),
            }
        }
    }

    /// Calls an operation of a service that has no client here, once.
    ///
    /// # Errors
    /// The fault that ended it.
    pub async fn once(
        &self,
        service: &'static Service,
        operation: &'static str,
        action: &'static str,
        request: Request,
    ) -> Result<Tree, Fault> {
        let place = self.place();
        let call = self
            .clients
            .caller()
            .prepare(service, operation, action, "", place)
            .await?;
        let _place = self.clients.pace.place(action).await;
        call.send(request).await
    }

    fn place(&self) -> Place {
        Place {
            partition: self.partition,
            account: self.account,
            region: self.region,
        }
    }

    /// Makes a call for every page. `take` uses a page and returns the token of the next one.
    ///
    /// # Errors
    /// The fault that ended it, also where a token comes twice. What earlier pages gave is kept.
    pub async fn pages<O, E, F>(
        &self,
        action: &'static str,
        call: impl Fn(Option<String>) -> F,
        mut take: impl FnMut(O) -> Option<String>,
    ) -> Result<(), Fault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        let mut seen = BTreeSet::new();
        let mut token = None;
        loop {
            let page = self.call(action, call(token)).await?;
            match take(page).filter(|next| !next.is_empty()) {
                None => return Ok(()),
                Some(next) if seen.insert(next.clone()) => token = Some(next),
                Some(_) => return Err(Fault::ours(action, Reason::RepeatedToken)),
            }
        }
    }
}
