//! The kinds: what each one is (facts) and how it is listed, one file a kind or tight family, one line in [`LISTINGS`].
//!
//! Facts are plain data that every layer may use. The `list` functions are the only code besides `src/aws`
//! that names an AWS service.

pub mod deletions;
pub mod facts;
pub mod listed;
pub mod loss;
pub mod markers;
pub mod prices;
pub mod recover;
pub mod registry;
pub mod remains;

mod backup_recovery_point;
mod convert;
mod db_cluster_snapshot;
mod db_event_subscription;
mod db_instance;
mod db_instance_automated_backup;
mod db_option_group;
mod db_parameter_group;
mod db_proxy;
mod db_snapshot;
mod db_subnet_group;
mod dynamodb_backup;
mod ebs_volume;
mod ec2_managed_prefix_list;
mod ecs;
mod eip;
mod elb;
mod flow_log;
mod image;
mod instance;
mod internet_gateway;
mod key_pair;
mod launch_template;
mod lb;
mod lb_target_group;
mod nat_gateway;
mod network_acl;
mod network_interface;
mod placement_group;
mod rds;
mod rds_cluster;
mod rds_cluster_automated_backup;
mod rds_cluster_parameter_group;
mod rds_global_cluster;
mod route_table;
mod security_group;
mod subnet;
mod transit_gateway;
mod vpc;
mod vpc_dhcp_options;
mod vpc_endpoint;
mod vpc_peering_connection;
mod vpn;

use facts::Kind;

use crate::aws::List;

/// One way to list one kind, or a tight family that one operation returns together.
pub struct Listing {
    /// The kinds that it returns.
    pub kinds: &'static [&'static Kind],
    /// Every IAM action that it calls.
    pub actions: &'static [&'static str],
    pub list: List,
}

/// Every described kind, sorted by file.
pub static LISTINGS: &[&Listing] = &[
    &backup_recovery_point::LISTING,
    &db_cluster_snapshot::LISTING,
    &db_event_subscription::LISTING,
    &db_instance::LISTING,
    &db_instance_automated_backup::LISTING,
    &db_option_group::LISTING,
    &db_parameter_group::LISTING,
    &db_proxy::LISTING,
    &db_snapshot::LISTING,
    &db_subnet_group::LISTING,
    &dynamodb_backup::LISTING,
    &ec2_managed_prefix_list::LISTING,
    &ecs::LISTING,
    &eip::LISTING,
    &flow_log::LISTING,
    &image::LISTING,
    &instance::LISTING,
    &internet_gateway::EGRESS_ONLY_LISTING,
    &internet_gateway::LISTING,
    &key_pair::LISTING,
    &launch_template::LISTING,
    &lb::LISTING,
    &lb_target_group::LISTING,
    &nat_gateway::LISTING,
    &network_acl::LISTING,
    &network_interface::LISTING,
    &placement_group::LISTING,
    &rds_cluster::LISTING,
    &rds_cluster_automated_backup::LISTING,
    &rds_cluster_parameter_group::LISTING,
    &rds_global_cluster::LISTING,
    &route_table::LISTING,
    &security_group::LISTING,
    &subnet::LISTING,
    &transit_gateway::LISTING,
    &transit_gateway::VPC_ATTACHMENTS,
    &vpc::LISTING,
    &vpc_dhcp_options::LISTING,
    &vpc_endpoint::LISTING,
    &vpc_peering_connection::LISTING,
    &vpn::CUSTOMER_GATEWAYS,
    &vpn::LISTING,
    &vpn::VPN_GATEWAYS,
];

pub use registry::{Disposition, disposition, is_described, kind};
