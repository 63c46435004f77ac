//! Amazon ECS: `aws_ecs_cluster`, `aws_ecs_service`, `aws_ecs_task_definition`, `aws_ecs_capacity_provider`.
//!
//! One listing, because each needs the one before: services are listed by cluster, and which of thousands of
//! task definitions matter is known from the services and tasks that run. Each kind has its own gap: where one
//! cannot be listed, the others still are.
//!
//! Environment variables, commands and labels of containers are read past: they may hold secrets.

mod capacity_provider;
mod cluster;
mod service;
mod task_definition;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{CapacityProviderField, Cluster, ClusterField, Failure, Service, ServiceField};
use futures::stream::{self, Stream, StreamExt};

use super::Listing;
use super::facts::Kind;
use crate::aws::fault::Reason;
use crate::aws::{Fault, ListCx};

pub(super) static LISTING: Listing = Listing {
    kinds: &[
        &cluster::KIND,
        &service::KIND,
        &task_definition::KIND,
        &capacity_provider::KIND,
    ],
    actions: &[
        "ecs:ListClusters",
        "ecs:DescribeClusters",
        "ecs:ListServices",
        "ecs:DescribeServices",
        "ecs:ListTasks",
        "ecs:DescribeTasks",
        "ecs:ListTaskDefinitions",
        "ecs:DescribeTaskDefinition",
        "ecs:DescribeCapacityProviders",
    ],
    list: |cx| Box::pin(list(cx)),
};

/// Runs some of the futures at the same time; the calls themselves are paced once more.
fn at_once<F: Future>(futures: Vec<F>) -> impl Stream<Item = F::Output> {
    // A stream over an iterator with a closure would carry the closure's lifetimes into every future around it.
    stream::iter(futures).buffer_unordered(8)
}

/// The task definitions that standalone tasks of one cluster run, by ARN, with the number of tasks.
type Standalone = BTreeMap<String, u32>;

/// The services of one cluster.
struct Services {
    found: Vec<Service>,
    /// Whether these are all.
    complete: bool,
}

async fn list(cx: &ListCx<'_>) -> Result<(), Fault> {
    let arns = cluster_arns(cx).await;
    let clusters = clusters(cx, &arns).await;

    let mut services: BTreeMap<&str, Services> = BTreeMap::new();
    let mut answers = at_once(arns.iter().map(|arn| services_of(cx, arn)).collect());
    while let Some((cluster, some)) = answers.next().await {
        services.insert(cluster, some);
    }
    drop(answers);

    let mut standalone = BTreeMap::new();
    let busy = clusters
        .iter()
        .filter(|cluster| runs_more(cluster, services.get(cluster.cluster_arn().unwrap_or_default())));
    let mut answers = at_once(busy.map(|cluster| standalone_of(cx, cluster)).collect());
    while let Some((cluster, tasks)) = answers.next().await {
        standalone.insert(cluster, tasks);
    }
    drop(answers);

    let nothing = Standalone::new();
    for cluster in &clusters {
        let arn = cluster.cluster_arn().unwrap_or_default();
        let tasks = standalone.get(arn).unwrap_or(&nothing);
        if let Some(live) = cluster::live(cx, cluster, services.get(arn), tasks) {
            cx.found(live);
        }
    }
    let services: Vec<&Service> = services.values().flat_map(|services| &services.found).collect();
    services
        .iter()
        .filter_map(|service| service::live(cx, service))
        .for_each(|live| cx.found(live));

    let used: BTreeSet<&str> = services
        .iter()
        .flat_map(|service| service::task_definitions(service))
        .chain(standalone.values().flat_map(|tasks| tasks.keys().map(String::as_str)))
        .collect();
    task_definition::list(cx, &used).await;
    capacity_providers(cx, &clusters).await;
    Ok(())
}

async fn cluster_arns(cx: &ListCx<'_>) -> Vec<String> {
    let mut arns = Vec::new();
    let all = cx
        .pages(
            "ecs:ListClusters",
            |token| cx.ecs().list_clusters().max_results(100).set_next_token(token).send(),
            |page| {
                arns.extend(page.cluster_arns.unwrap_or_default());
                page.next_token
            },
        )
        .await;
    if let Err(fault) = all {
        // Without the clusters, their services cannot be listed either.
        cx.gap(service::KIND.name, fault.clone());
        cx.gap(cluster::KIND.name, fault);
    }
    arns
}

/// Describes clusters, a hundred with each call.
async fn clusters(cx: &ListCx<'_>, arns: &[String]) -> Vec<Cluster> {
    let mut clusters = Vec::new();
    for some in arns.chunks(100) {
        let action = "ecs:DescribeClusters";
        let request = cx.ecs().describe_clusters().set_clusters(Some(some.to_vec()));
        let request = request
            .include(ClusterField::Tags)
            .include(ClusterField::Settings)
            .include(ClusterField::Configurations);
        match cx.call(action, request.send()).await {
            Ok(answer) => {
                failures(cx, &cluster::KIND, action, answer.failures());
                clusters.extend(answer.clusters.unwrap_or_default());
            }
            Err(fault) => cx.gap(cluster::KIND.name, fault),
        }
    }
    clusters
}

/// Lists and describes the services of one cluster, ten with each call.
async fn services_of<'a>(cx: &ListCx<'_>, cluster: &'a str) -> (&'a str, Services) {
    let mut services = Services {
        found: Vec::new(),
        complete: true,
    };
    let mut arns: Vec<String> = Vec::new();
    let all = cx
        .pages(
            "ecs:ListServices",
            |token| {
                let request = cx.ecs().list_services().cluster(cluster).max_results(100);
                request.set_next_token(token).send()
            },
            |page| {
                arns.extend(page.service_arns.unwrap_or_default());
                page.next_token
            },
        )
        .await;
    // The cluster may be gone by now; it could not go with services in it.
    if let Err(fault) = all.or_else(gone_is_fine) {
        cx.gap(service::KIND.name, fault);
        services.complete = false;
    }
    for some in arns.chunks(10) {
        let action = "ecs:DescribeServices";
        let request = cx.ecs().describe_services().cluster(cluster);
        let request = request.set_services(Some(some.to_vec())).include(ServiceField::Tags);
        match cx.call(action, request.send()).await {
            Ok(answer) => {
                failures(cx, &service::KIND, action, answer.failures());
                services.found.extend(answer.services.unwrap_or_default());
            }
            Err(fault) => {
                services.complete = false;
                if let Err(fault) = gone_is_fine(fault) {
                    cx.gap(service::KIND.name, fault);
                }
            }
        }
    }
    (cluster, services)
}

/// What was deleted between two calls is no gap.
fn gone_is_fine(fault: Fault) -> Result<(), Fault> {
    if fault.reason == Reason::Gone {
        Ok(())
    } else {
        Err(fault)
    }
}

/// Says whether more tasks are in the cluster than its services account for.
fn runs_more(cluster: &Cluster, services: Option<&Services>) -> bool {
    let services = services.map(|services| services.found.as_slice()).unwrap_or_default();
    let of_services: i32 = services
        .iter()
        .map(|service| service.running_count() + service.pending_count())
        .sum();
    cluster.running_tasks_count() + cluster.pending_tasks_count() > of_services
}

/// The task definitions of a cluster's tasks that no service started: by hand, by a schedule, by a pipeline.
async fn standalone_of<'a>(cx: &ListCx<'_>, cluster: &'a Cluster) -> (&'a str, Standalone) {
    let arn = cluster.cluster_arn().unwrap_or_default();
    let mut tasks = Standalone::new();
    let mut arns: Vec<String> = Vec::new();
    let all = cx
        .pages(
            "ecs:ListTasks",
            |token| {
                let request = cx.ecs().list_tasks().cluster(arn).max_results(100);
                request.set_next_token(token).send()
            },
            |page| {
                arns.extend(page.task_arns.unwrap_or_default());
                page.next_token
            },
        )
        .await;
    let mut faults: Vec<Fault> = all.err().into_iter().collect();
    for some in arns.chunks(100) {
        let request = cx.ecs().describe_tasks().cluster(arn).set_tasks(Some(some.to_vec()));
        match cx.call("ecs:DescribeTasks", request.send()).await {
            Ok(answer) => {
                for task in answer.tasks() {
                    let of_service = task.group().is_some_and(|group| group.starts_with("service:"));
                    if let (false, Some(definition)) = (of_service, task.task_definition_arn()) {
                        *tasks.entry(definition.to_owned()).or_default() += 1;
                    }
                }
            }
            Err(fault) => faults.push(fault),
        }
    }
    // What is not known then is who uses the task definitions.
    for fault in faults {
        if let Err(fault) = gone_is_fine(fault) {
            cx.gap(task_definition::KIND.name, fault);
        }
    }
    (arn, tasks)
}

/// Lists the capacity providers of the account, and those that only their cluster shows (of managed instances).
async fn capacity_providers(cx: &ListCx<'_>, clusters: &[Cluster]) {
    let mut known = BTreeSet::new();
    if let Err(fault) = some_capacity_providers(cx, None, &mut known).await {
        cx.gap(capacity_provider::KIND.name, fault);
        return;
    }
    for cluster in clusters {
        if cluster.capacity_providers().iter().all(|name| known.contains(name)) {
            continue;
        }
        let some = some_capacity_providers(cx, cluster.cluster_arn(), &mut known).await;
        if let Err(fault) = some.or_else(gone_is_fine) {
            cx.gap(capacity_provider::KIND.name, fault);
            return;
        }
    }
}

async fn some_capacity_providers(
    cx: &ListCx<'_>,
    cluster: Option<&str>,
    known: &mut BTreeSet<String>,
) -> Result<(), Fault> {
    cx.pages(
        "ecs:DescribeCapacityProviders",
        |token| {
            let request = cx.ecs().describe_capacity_providers().max_results(10);
            request
                .set_cluster(cluster.map(str::to_owned))
                .include(CapacityProviderField::Tags)
                .set_next_token(token)
                .send()
        },
        |page| {
            for provider in page.capacity_providers() {
                let Some(name) = provider.name() else { continue };
                if known.insert(name.to_owned())
                    && let Some(live) = capacity_provider::live(cx, provider)
                {
                    cx.found(live);
                }
            }
            page.next_token
        },
    )
    .await
}

/// `MISSING` says that it was deleted a moment ago; every other failure is a gap.
fn failures(cx: &ListCx<'_>, kind: &'static Kind, action: &'static str, failures: &[Failure]) {
    for failure in failures.iter().filter(|failure| failure.reason() != Some("MISSING")) {
        let mut fault = Fault::ours(action, Reason::Other);
        fault.code = failure.reason().map(str::to_owned);
        cx.gap(kind.name, fault);
    }
}

#[cfg(test)]
mod tests;
