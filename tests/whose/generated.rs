//! Made-up accounts that know the truth: stacks of a network, machines, services and a database, claimed by states;
//! some copied by an apply without its state, some that only look like it, things lent between projects, and litter.
//!
//! The truth is written down while the account is made, and never computed with the code under test.

use std::collections::{BTreeMap, BTreeSet};

use whose::ledger::duplicates::Across;
use whose::ledger::{Input, Projects};
use whose::model::{
    Account, Arn, Cell, CellStatus, Claim, Configuration, Live, Mode, Origin, Scan, State, StateStatus, Symbol, Tags,
    Timestamp, Value,
};

const ACCOUNT: &str = "123456789012";
const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
const NOW: i64 = 1_795_500_000;
const DAY: i64 = 86_400;

/// A seeded source of numbers (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("small")
    }

    fn between(&mut self, from: usize, to: usize) -> usize {
        from + self.below(to - from + 1)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// How a stack was copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// Everything that may exist twice.
    Whole,
    /// The apply was stopped.
    Part,
    /// Instances of the copy stand in a security group of the original.
    Leaning,
    /// Of both nobody holds a state.
    Lost,
    /// In the other region.
    Abroad,
    /// The settings of some differ by now: a newer image, another size.
    Drifted,
    /// Somebody put another suffix on every name.
    Renamed,
}

/// A copy: pairs of the original's ARN and the copy's.
pub(crate) struct Copied {
    pub how: How,
    pub pairs: Vec<(String, String)>,
    /// Further members of the original that are equal to copied ones (the second of two addresses).
    pub also: Vec<String>,
}

/// An account and the truth about it.
pub(crate) struct Generated {
    pub input: Input,
    pub copies: Vec<Copied>,
    /// Claimed by two states, or claimed by one project and used by another.
    pub shared: BTreeSet<String>,
    /// Claimed by nobody and used by nothing.
    pub orphans: BTreeSet<String>,
    /// Claimed or used: never orphans.
    pub wanted: BTreeSet<String>,
}

/// What a block of a configuration makes.
#[derive(Clone)]
struct Block {
    kind: &'static str,
    name: String,
    /// Two of one name cannot be in a region.
    unique: bool,
    references: Vec<(&'static str, usize)>,
    settings: Vec<(&'static str, Value)>,
    /// `count`.
    many: usize,
    /// What stands on it by an API fact only: attached volumes, by block.
    attached: Vec<usize>,
}

impl Block {
    fn new(kind: &'static str, name: String) -> Self {
        Self {
            kind,
            name,
            unique: false,
            references: Vec::new(),
            settings: Vec::new(),
            many: 1,
            attached: Vec::new(),
        }
    }

    fn to(mut self, via: &'static str, target: usize) -> Self {
        self.references.push((via, target));
        self
    }

    fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.settings.push((key, value.into()));
        self
    }

    fn unique(mut self) -> Self {
        self.unique = true;
        self
    }
}

/// A configuration, and what it made.
struct Stack {
    blocks: Vec<Block>,
    tags: Vec<(&'static str, String)>,
    /// Names end in a suffix that a tool generates, so that they can be made again.
    suffixed: bool,
    nameless: bool,
    /// Neither names nor tags say the project.
    generic: bool,
    state: u32,
    region: &'static str,
    /// By block; empty where nothing was made.
    made: Vec<Vec<usize>>,
}

/// How blocks are made.
struct Apply<'a> {
    state: Option<u32>,
    at: i64,
    region: &'static str,
    rename: &'a str,
    drift: bool,
    /// Made by an earlier apply and used again, by block.
    lent: BTreeMap<usize, usize>,
    blocks: usize,
    first: bool,
}

/// The account in the making.
pub(crate) struct Maker {
    random: Random,
    live: Vec<Live>,
    claims: Vec<Claim>,
    states: Vec<State>,
    copies: Vec<Copied>,
    orphans: BTreeSet<String>,
    next: u64,
}

/// Which of a kind's ids are made by AWS, and with which prefix.
fn prefix(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "aws_vpc" => "vpc",
        "aws_subnet" => "subnet",
        "aws_security_group" => "sg",
        "aws_route_table" => "rtb",
        "aws_internet_gateway" => "igw",
        "aws_nat_gateway" => "nat",
        "aws_eip" => "eipalloc",
        "aws_instance" => "i",
        "aws_ebs_volume" => "vol",
        "aws_network_interface" => "eni",
        "aws_launch_template" => "lt",
        "aws_ebs_snapshot" => "snap",
        _ => return None,
    })
}

/// Kinds whose API says when they were made.
fn is_timed(kind: &str) -> bool {
    !matches!(
        kind,
        "aws_vpc" | "aws_subnet" | "aws_security_group" | "aws_route_table" | "aws_internet_gateway" | "aws_eip"
    )
}

/// The attribute that holds a kind's name.
fn name_attribute(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "aws_security_group"
        | "aws_lb"
        | "aws_lb_target_group"
        | "aws_ecs_cluster"
        | "aws_ecs_service"
        | "aws_db_subnet_group"
        | "aws_launch_template" => "name",
        "aws_key_pair" => "key_name",
        "aws_db_instance" => "identifier",
        "aws_ecs_task_definition" => "family",
        _ => return None,
    })
}

impl Maker {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            live: Vec::new(),
            claims: Vec::new(),
            states: Vec::new(),
            copies: Vec::new(),
            orphans: BTreeSet::new(),
            next: seed.wrapping_mul(1 << 20) & 0xffff_ffff_ffff,
        }
    }

    fn state(&mut self, name: &str) -> u32 {
        self.states.push(State {
            source: format!("states/{name}.tfstate"),
            status: StateStatus::Read,
            project: Symbol::new(name),
            lineage: Some(format!("lineage of {name}")),
            serial: Some(1),
            terraform_version: Some("1.11.4".to_owned()),
            claims: 0,
            unknown_types: Vec::new(),
            error: None,
            hint: None,
        });
        u32::try_from(self.states.len() - 1).expect("few states")
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// A suffix as Terraform's `name_prefix` makes it: 18 digits of time and 8 of a counter.
    fn suffix(&mut self) -> String {
        format!("{:018}{:08x}", 202_601_010_000_000_000 + self.next, self.number())
    }

    fn add(&mut self, kind: &'static str, name: &str, region: &str) -> usize {
        let number = self.number();
        let id = match prefix(kind) {
            Some(prefix) => format!("{prefix}-{number:017x}"),
            None => name.to_owned(),
        };
        let arn = match kind {
            "aws_lb" => format!("arn:aws:elasticloadbalancing:{region}:{ACCOUNT}:loadbalancer/app/{id}/{number:016x}"),
            "aws_lb_target_group" => {
                format!("arn:aws:elasticloadbalancing:{region}:{ACCOUNT}:targetgroup/{id}/{number:016x}")
            }
            "aws_lb_listener" => {
                format!("arn:aws:elasticloadbalancing:{region}:{ACCOUNT}:listener/app/x/1/{number:016x}")
            }
            "aws_lb_listener_rule" => {
                format!("arn:aws:elasticloadbalancing:{region}:{ACCOUNT}:listener-rule/app/x/1/2/{number:016x}")
            }
            "aws_ecs_service" => format!("arn:aws:ecs:{region}:{ACCOUNT}:service/cluster/{id}"),
            "aws_ecs_task_definition" => format!("arn:aws:ecs:{region}:{ACCOUNT}:task-definition/{id}:{number}"),
            _ => whose::kinds::kind(kind)
                .expect("a kind")
                .arn_of("aws", region, ACCOUNT, &id)
                .expect("a template"),
        };
        let id = if prefix(kind).is_none() && kind.starts_with("aws_lb") || kind.ends_with("_task_definition") {
            arn.clone()
        } else {
            id
        };
        self.live.push(Live::new(kind, ACCOUNT.into(), region.into(), id, arn));
        self.live.len() - 1
    }

    fn claim(&mut self, state: u32, live: usize, address: String) {
        let one = &self.live[live];
        let arn = Arn::parse(&one.arn).expect("an ARN");
        self.claims.push(Claim {
            state,
            mode: Mode::Managed,
            kind: one.kind,
            address: address.into(),
            provider: "provider[\"registry.terraform.io/hashicorp/aws\"]".into(),
            id: Some(one.id.clone()),
            arn: Some(one.arn.clone()),
            identity: Configuration::new(),
            region: Some(arn.region.into()),
            account: Some(arn.account.into()),
            tags: one.tags.clone(),
            configuration: one.configuration.clone(),
            candidates: Vec::new(),
            deposed: None,
            tainted: false,
            project: Symbol::default(),
        });
    }

    /// A configuration of 10 to 60 resources.
    fn blueprint(&mut self, number: usize) -> Stack {
        let random = &mut self.random;
        let style = random.below(5);
        let stack = format!("{}{number}", ["shop", "crm", "data", "edge", "auth"][random.below(5)]);
        let suffixed = random.chance(40);
        let named = |what: &str| match style {
            // Names that every project has.
            3 | 4 => what.to_owned(),
            _ => format!("{stack}-{what}"),
        };
        // What must be unique has the stack's name in it, whatever the style.
        let only = |what: &str| format!("{stack}-{what}");
        let mut tags = Vec::new();
        if matches!(style, 0 | 2 | 3) {
            tags.push(("Project", stack.clone()));
        }
        if style != 1 {
            tags.push(("ManagedBy", "terraform".to_owned()));
        }
        let nameless = style == 2;
        let region = REGIONS[usize::from(random.chance(20))];
        // Styles that say no project may share a range with others only where names tell them apart.
        let net = if style == 4 { number % 200 + 20 } else { random.below(3) };
        let zone = |n: usize| format!("{region}{}", ["a", "b", "c"][n % 3]);
        let mut blocks = vec![
            Block::new("aws_vpc", named("main"))
                .with("cidr_block", format!("10.{net}.0.0/16"))
                .with("instance_tenancy", "default"),
            Block::new("aws_internet_gateway", named("main")).to("vpc_id", 0),
        ];
        let subnets: Vec<usize> = (0..random.between(2, 5))
            .map(|n| {
                blocks.push(
                    Block::new("aws_subnet", named(&format!("net-{n}")))
                        .to("vpc_id", 0)
                        .with("cidr_block", format!("10.{net}.{n}.0/24"))
                        .with("availability_zone", zone(n)),
                );
                blocks.len() - 1
            })
            .collect();
        let groups: Vec<usize> = (0..random.between(1, 5))
            .map(|n| {
                blocks.push(
                    Block::new("aws_security_group", named(&format!("group-{n}")))
                        .to("vpc_id", 0)
                        .with("description", "Managed by Terraform"),
                );
                blocks.len() - 1
            })
            .collect();
        let mut gateways = vec![("gateway_id", 1)];
        for n in 0..random.below(3) {
            blocks.push(Block::new("aws_eip", named("nat")).with("domain", "vpc"));
            let address = blocks.len() - 1;
            blocks.push(
                Block::new("aws_nat_gateway", named("nat"))
                    .to("allocation_id", address)
                    .to("subnet_id", subnets[n % subnets.len()])
                    .with("connectivity_type", "public"),
            );
            gateways.push(("nat_gateway_id", blocks.len() - 1));
        }
        for (n, (via, gateway)) in gateways.into_iter().enumerate() {
            blocks.push(
                Block::new("aws_route_table", named(&format!("routes-{n}")))
                    .to("vpc_id", 0)
                    .to(
                        if via == "gateway_id" {
                            "route.gateway_id"
                        } else {
                            "route.nat_gateway_id"
                        },
                        gateway,
                    ),
            );
        }
        let key = random.chance(50).then(|| {
            blocks.push(
                Block::new("aws_key_pair", only("key"))
                    .unique()
                    .with("fingerprint", format!("fp-{number}")),
            );
            blocks.len() - 1
        });
        for n in 0..random.below(3) {
            blocks.push(
                Block::new("aws_launch_template", only(&format!("lt-{n}")))
                    .unique()
                    .to("vpc_security_group_ids", groups[n % groups.len()])
                    .with("instance_type", "t3.micro"),
            );
        }
        for n in 0..random.below(4) {
            let mut volumes = Vec::new();
            for _ in 0..random.below(3) {
                blocks.push(
                    Block::new("aws_ebs_volume", named(&format!("data-{n}")))
                        .with("availability_zone", zone(n))
                        .with("size", 8)
                        .with("type", "gp3"),
                );
                volumes.push(blocks.len() - 1);
            }
            let mut machine = Block::new("aws_instance", named(&format!("web-{n}")))
                .to("subnet_id", subnets[n % subnets.len()])
                .to("vpc_security_group_ids", groups[n % groups.len()])
                .with("ami", "ami-0123456789abcdef0")
                .with("instance_type", ["t3.micro", "t3.small", "m6i.large"][random.below(3)]);
            if let Some(key) = key {
                machine = machine.to("key_name", key);
            }
            machine.many = random.between(1, 3);
            machine.attached = volumes;
            blocks.push(machine);
        }
        if random.chance(50) {
            blocks.push(
                Block::new("aws_lb", only("lb"))
                    .unique()
                    .to("subnets", subnets[0])
                    .to("subnets", subnets[1])
                    .to("security_groups", groups[0])
                    .with("internal", false)
                    .with("load_balancer_type", "application"),
            );
            let balancer = blocks.len() - 1;
            let targets: Vec<usize> = (0..random.between(1, 3))
                .map(|n| {
                    blocks.push(
                        Block::new("aws_lb_target_group", only(&format!("tg-{n}")))
                            .unique()
                            .to("vpc_id", 0)
                            .with("port", 80)
                            .with("protocol", "HTTP"),
                    );
                    blocks.len() - 1
                })
                .collect();
            blocks.push(
                Block::new("aws_lb_listener", String::new())
                    .to("load_balancer_arn", balancer)
                    .to("default_action.target_group_arn", targets[0])
                    .with("port", 80)
                    .with("protocol", "HTTP"),
            );
            let listener = blocks.len() - 1;
            for (n, target) in targets.iter().enumerate().skip(1) {
                blocks.push(
                    Block::new("aws_lb_listener_rule", String::new())
                        .to("listener_arn", listener)
                        .to("action.target_group_arn", *target)
                        .with("priority", i64::try_from(n).expect("small")),
                );
            }
            if random.chance(70) {
                blocks.push(Block::new("aws_ecs_cluster", only("cluster")).unique());
                let cluster = blocks.len() - 1;
                for (n, target) in targets.iter().enumerate() {
                    blocks.push(Block::new("aws_ecs_task_definition", only(&format!("task-{n}"))).with("cpu", "256"));
                    let task = blocks.len() - 1;
                    blocks.push(
                        Block::new("aws_ecs_service", only(&format!("svc-{n}")))
                            .unique()
                            .to("cluster", cluster)
                            .to("task_definition", task)
                            .to("load_balancer.target_group_arn", *target)
                            .to("network_configuration.subnets", subnets[0])
                            .to("network_configuration.security_groups", groups[0])
                            .with("launch_type", "FARGATE"),
                    );
                }
            }
        }
        if random.chance(50) {
            blocks.push(
                Block::new("aws_db_subnet_group", only("db"))
                    .unique()
                    .to("subnet_ids", subnets[0])
                    .to("subnet_ids", subnets[1])
                    .with("description", "Managed by Terraform"),
            );
            let group = blocks.len() - 1;
            blocks.push(
                Block::new("aws_db_instance", only("db"))
                    .unique()
                    .to("db_subnet_group_name", group)
                    .to("vpc_security_group_ids", groups[0])
                    .with("engine", "postgres")
                    .with("instance_class", "db.t4g.small"),
            );
        }
        Stack {
            blocks,
            tags,
            suffixed,
            nameless,
            generic: style == 4,
            state: 0,
            region,
            made: Vec::new(),
        }
    }

    /// Makes blocks. Returns what each made; nothing where its name was taken or what it needs is not there.
    fn apply(&mut self, stack: &Stack, how: &Apply<'_>) -> Vec<Vec<usize>> {
        let mut made: Vec<Vec<usize>> = Vec::new();
        for (number, block) in stack.blocks.iter().enumerate() {
            if let Some(lent) = how.lent.get(&number) {
                made.push(vec![*lent]);
                continue;
            }
            let taken =
                block.unique && !how.first && !stack.suffixed && how.rename.is_empty() && how.region == stack.region;
            let lacking = block.references.iter().any(|(_, target)| made[*target].is_empty());
            if number >= how.blocks || taken || lacking {
                made.push(Vec::new());
                continue;
            }
            let mut of_block = Vec::new();
            for copy in 0..block.many {
                of_block.push(self.make(stack, number, copy, &made, how));
            }
            made.push(of_block);
        }
        // Attachments come last.
        for (number, block) in stack.blocks.iter().enumerate() {
            for (copy, machine) in made[number].iter().enumerate() {
                let volumes: Vec<Value> = block
                    .attached
                    .iter()
                    .filter(|_| copy == 0)
                    .flat_map(|volume| made[*volume].clone())
                    .map(|volume| {
                        self.live[volume].observed.set("attached", true).set("status", "in-use");
                        Value::from(Configuration::new().with("volume_id", Value::Text(self.live[volume].id.clone())))
                    })
                    .collect();
                if !volumes.is_empty() && !how.lent.contains_key(&number) {
                    self.live[*machine]
                        .configuration
                        .set("ebs_block_device", Value::List(volumes));
                }
            }
        }
        made
    }

    fn make(&mut self, stack: &Stack, number: usize, copy: usize, made: &[Vec<usize>], how: &Apply<'_>) -> usize {
        let block = &stack.blocks[number];
        let mut name = format!("{}{}", block.name, how.rename);
        if stack.suffixed && block.unique {
            name = format!("{name}-{}", self.suffix());
        }
        let at = self.add(block.kind, &name, how.region);
        let mut settings = Configuration::new();
        for (key, value) in &block.settings {
            let value = match value {
                Value::Text(text) => Value::from(text.replace(stack.region, how.region)),
                value => value.clone(),
            };
            settings.set(*key, value);
        }
        if how.drift {
            if block.kind == "aws_instance" {
                settings.set("ami", "ami-0fedcba9876543210");
            }
            if block.kind == "aws_ebs_volume" {
                settings.set("size", 16);
            }
        }
        if let Some(attribute) = name_attribute(block.kind) {
            settings.set(attribute, name.as_str());
        }
        for (via, target) in &block.references {
            let target = &self.live[made[*target][copy % made[*target].len()]];
            let text = match &*target.kind {
                kind if kind.starts_with("aws_lb") || kind == "aws_ecs_cluster" => target.arn.clone(),
                _ => target.id.clone(),
            };
            put(&mut settings, via, Value::Text(text));
        }
        if block.kind == "aws_security_group" {
            // Groups of a stack let each other in, in a ring.
            let mut others = made
                .iter()
                .flatten()
                .filter(|other| self.live[**other].kind == "aws_security_group");
            let last: Vec<Value> = others
                .next_back()
                .map(|other| Value::Text(self.live[*other].id.clone()))
                .into_iter()
                .collect();
            if !last.is_empty() {
                let rule = Configuration::new().with("security_groups", Value::List(last));
                settings.set("ingress", Value::List(vec![rule.into()]));
            }
        }
        let one = &mut self.live[at];
        one.configuration = settings;
        one.created_at = is_timed(block.kind).then(|| second(how.at + i64::try_from(number).expect("small") * 7));
        let mut tags: Vec<(&str, &str)> = stack.tags.iter().map(|(key, value)| (*key, value.as_str())).collect();
        if !stack.nameless && !name.is_empty() {
            tags.push(("Name", &name));
        }
        if name_attribute(block.kind).is_some() {
            one.name = Some(name.as_str().into());
        }
        match block.kind {
            "aws_ebs_volume" => {
                one.observed
                    .set("attached", false)
                    .set("status", "available")
                    .set("size_gib", 8);
            }
            "aws_eip" => {
                one.observed.set("attached", false);
            }
            "aws_nat_gateway" => {
                one.observed.set("status", "available");
            }
            _ => {}
        }
        one.tagged(tags.into_iter().collect::<Tags>());
        if let Some(state) = how.state {
            let key = if block.many > 1 {
                format!("[{copy}]")
            } else {
                String::new()
            };
            let address = format!("{}.b{number}{key}", block.kind);
            self.claim(state, at, address);
        }
        if block.kind == "aws_instance" {
            self.parts_of(at, how.at);
        }
        at
    }

    /// The root volume and the interface that an instance brings.
    fn parts_of(&mut self, machine: usize, at: i64) {
        let (id, region) = (self.live[machine].id.clone(), self.live[machine].region);
        for kind in ["aws_ebs_volume", "aws_network_interface"] {
            let part = self.add(kind, "", &region);
            let one = &mut self.live[part];
            one.lives_with("aws_instance", id.clone(), "deleted with the instance");
            one.created_at = Some(second(at));
            one.configuration.set("size", 8);
            one.observed.set("attached", true).set("status", "in-use");
        }
    }

    fn apply_first(&mut self, stack: &mut Stack, state: Option<u32>) {
        let at = NOW - i64::try_from(self.random.between(300, 900)).expect("small") * DAY;
        let how = Apply {
            state,
            at,
            region: stack.region,
            rename: "",
            drift: false,
            lent: BTreeMap::new(),
            blocks: usize::MAX,
            first: true,
        };
        stack.made = self.apply(stack, &how);
    }

    /// Copies a stack, as an apply without its state does.
    fn copy(&mut self, stack: &Stack, how: How, state: Option<u32>) {
        let mut apply = Apply {
            state,
            at: NOW - i64::try_from(self.random.between(1, 20)).expect("small") * DAY,
            region: stack.region,
            rename: "",
            drift: false,
            lent: BTreeMap::new(),
            blocks: usize::MAX,
            first: false,
        };
        match how {
            How::Part => apply.blocks = self.random.between(3, stack.blocks.len() - 1),
            How::Leaning => {
                let group = stack
                    .blocks
                    .iter()
                    .rposition(|block| block.kind == "aws_security_group");
                let group = group.expect("a group");
                apply.lent.insert(group, stack.made[group][0]);
            }
            How::Renamed => apply.rename = "-copy",
            How::Drifted => apply.drift = true,
            How::Abroad => {
                apply.region = if stack.region == REGIONS[0] {
                    REGIONS[1]
                } else {
                    REGIONS[0]
                };
            }
            How::Whole | How::Lost => {}
        }
        let made = self.apply(stack, &apply);
        let mut pairs = Vec::new();
        for (number, (originals, copies)) in stack.made.iter().zip(&made).enumerate() {
            if apply.lent.contains_key(&number) || stack.blocks[number].kind == "aws_ecs_task_definition" {
                continue;
            }
            // CreateCluster answers with the cluster that is there.
            if stack.blocks[number].kind == "aws_ecs_cluster"
                && copies.is_empty()
                && number < apply.blocks
                && let (Some(state), Some(cluster)) = (state, originals.first())
            {
                self.claim(state, *cluster, format!("aws_ecs_cluster.b{number}"));
            }
            // Of a volume or an address that nobody claims, that nothing uses, and that has a name that every project
            // has, nobody can say whose copy it is.
            let is_used = stack.blocks.iter().zip(&made).any(|(block, made)| {
                let refers = block.references.iter().any(|(_, target)| *target == number);
                !made.is_empty() && (refers || block.attached.contains(&number))
            });
            let loose = matches!(stack.blocks[number].kind, "aws_eip" | "aws_ebs_volume");
            if loose && state.is_none() && !is_used && stack.generic {
                continue;
            }
            for (original, copy) in originals.iter().zip(copies) {
                pairs.push((self.live[*original].arn.to_string(), self.live[*copy].arn.to_string()));
            }
        }
        let copied = |block: &Block| {
            let mut blocks = stack.blocks.iter().zip(&made);
            blocks.any(|(other, made)| !made.is_empty() && (other.kind, &other.name) == (block.kind, &block.name))
        };
        let also = stack
            .blocks
            .iter()
            .zip(stack.made.iter().zip(&made))
            .filter(|(block, _)| copied(block));
        let also = also.flat_map(|(_, (originals, copies))| originals.iter().chain(copies));
        let also = also.map(|at| self.live[*at].arn.to_string()).collect();
        self.copies.push(Copied { how, pairs, also });
    }

    /// A project that lives in another's VPC, cluster and listener.
    fn lodger(&mut self, host: &Stack, number: usize) {
        let state = self.state(&format!("lodger{number}"));
        let target = |kind: &str| {
            host.blocks
                .iter()
                .position(|block| block.kind == kind)
                .filter(|at| !host.made[*at].is_empty())
        };
        let id = |maker: &Self, block: usize| maker.live[host.made[block][0]].id.clone();
        let name = format!("lodger{number}");
        let at = self.add("aws_security_group", "", host.region);
        let vpc = id(self, 0);
        let one = &mut self.live[at];
        one.configuration
            .set("name", name.as_str())
            .set("vpc_id", Value::Text(vpc));
        one.name = Some(name.as_str().into());
        self.claim(state, at, "aws_security_group.own".to_owned());
        if let Some(listener) = target("aws_lb_listener") {
            let listener = id(self, listener);
            let at = self.add("aws_lb_listener_rule", "", host.region);
            let rule = &mut self.live[at];
            rule.configuration
                .set("listener_arn", Value::Text(listener))
                .set("priority", 500);
            self.claim(state, at, "aws_lb_listener_rule.own".to_owned());
        }
        if let Some(cluster) = target("aws_ecs_cluster") {
            let cluster = self.live[host.made[cluster][0]].arn.clone();
            let at = self.add("aws_ecs_service", &name, host.region);
            let service = &mut self.live[at];
            service
                .configuration
                .set("cluster", Value::Text(cluster))
                .set("name", name.as_str());
            self.claim(state, at, "aws_ecs_service.own".to_owned());
        }
    }

    /// Things that look alike and are no copies.
    fn lookalikes(&mut self) {
        let region = REGIONS[0];
        // Many equal things without a name.
        for kind in ["aws_ebs_volume", "aws_network_interface", "aws_eip"] {
            for n in 0..200 {
                let at = self.add(kind, "", region);
                let one = &mut self.live[at];
                one.configuration.set("size", 8).set("type", "gp3").set("domain", "vpc");
                one.observed.set("attached", true).set("status", "in-use");
                one.created_at = is_timed(kind).then(|| second(NOW - DAY * n));
            }
        }
        // A machine that makes one of the same name every few days.
        for n in 0..30 {
            let at = self.add("aws_ebs_volume", "", region);
            let one = &mut self.live[at];
            one.configuration.set("size", 100).set("type", "gp3");
            one.observed.set("attached", true).set("status", "in-use");
            one.created_at = Some(second(NOW - DAY * 3 * n));
            one.tagged([("Name", "build-agent")].into_iter().collect());
        }
        // Members of groups and of node groups.
        for (key, value) in [("aws:autoscaling:groupName", "web"), ("eks:nodegroup-name", "workers")] {
            for n in 0..20 {
                let at = self.add("aws_instance", "", region);
                let one = &mut self.live[at];
                one.configuration
                    .set("instance_type", "m6i.large")
                    .set("ami", "ami-0123456789abcdef0");
                one.created_at = Some(second(NOW - DAY * n));
                one.tagged([("Name", "web"), (key, value)].into_iter().collect());
                self.parts_of(at, NOW - DAY * n);
            }
        }
        // What AWS makes in every region.
        for region in REGIONS {
            let vpc = self.add("aws_vpc", "", region);
            self.live[vpc].origin = Origin::AwsMade("the default VPC of the region".into());
            self.live[vpc].configuration.set("cidr_block", "172.31.0.0/16");
            for n in 0..3 {
                let subnet = self.add("aws_subnet", "", region);
                let id = self.live[vpc].id.clone();
                let one = &mut self.live[subnet];
                one.origin = Origin::AwsMade("a default subnet".into());
                one.configuration
                    .set("vpc_id", Value::Text(id))
                    .set("cidr_block", format!("172.31.{n}.0/24"));
            }
        }
        // Blue and green: two states, equal tags, another image.
        for (colour, image) in [("blue", "ami-00000000000000001"), ("green", "ami-00000000000000002")] {
            let state = self.state(colour);
            let at = self.add("aws_instance", "", region);
            let one = &mut self.live[at];
            one.configuration.set("instance_type", "c7g.large").set("ami", image);
            one.created_at = Some(second(NOW - DAY * 30));
            one.tagged([("Name", "app"), ("Environment", "production")].into_iter().collect());
            self.claim(state, at, "aws_instance.app".to_owned());
        }
        // Two projects with a VPC of one name and range, and other things in it.
        for (n, what) in ["left", "right"].into_iter().enumerate() {
            let state = self.state(what);
            let vpc = self.add("aws_vpc", "", region);
            self.live[vpc].configuration.set("cidr_block", "10.0.0.0/16");
            self.live[vpc].tagged([("Name", "vpc")].into_iter().collect());
            self.claim(state, vpc, "aws_vpc.main".to_owned());
            for part in 0..3 {
                let subnet = self.add("aws_subnet", "", region);
                let id = self.live[vpc].id.clone();
                let one = &mut self.live[subnet];
                one.configuration
                    .set("vpc_id", Value::Text(id))
                    .set("cidr_block", format!("10.0.{}.0/24", n * 100 + part));
                one.tagged([("Name", format!("{what}-{part}"))].into_iter().collect());
                self.claim(state, subnet, format!("aws_subnet.s{part}"));
            }
        }
    }

    /// One module, used twice on purpose with other inputs: by one state, or by two.
    fn module_twice(&mut self, number: usize) {
        let mut staging = self.blueprint(number);
        let mut production = self.blueprint(number);
        production.blocks.clone_from(&staging.blocks);
        production.tags.clone_from(&staging.tags);
        (production.suffixed, production.nameless, production.region) =
            (staging.suffixed, staging.nameless, staging.region);
        for (block, stack) in staging
            .blocks
            .iter_mut()
            .map(|b| (b, "staging"))
            .chain(production.blocks.iter_mut().map(|b| (b, "production")))
        {
            block.name = format!("{}-{stack}", block.name);
            if stack == "production" {
                for (key, value) in &mut block.settings {
                    if *key == "cidr_block" {
                        *value = Value::from(value.as_str().expect("a range").replacen("10.", "172.", 1));
                    }
                }
            }
        }
        let one = self.state(&format!("twice{number}"));
        let other = if self.random.chance(50) {
            one
        } else {
            self.state(&format!("again{number}"))
        };
        self.apply_first(&mut staging, Some(one));
        self.apply_first(&mut production, Some(other));
    }

    /// Litter: what nobody claims and nothing uses, and what only looks like it.
    fn litter(&mut self, number: usize, host: &Stack) {
        let region = host.region;
        let volume = self.add("aws_ebs_volume", "", region);
        self.live[volume]
            .observed
            .set("attached", false)
            .set("status", "available");
        self.live[volume].tagged([("Name", format!("scratch-{number}"))].into_iter().collect());
        let address = self.add("aws_eip", "", region);
        self.live[address].observed.set("attached", false);
        let group = self.add("aws_security_group", "", region);
        let vpc = self.live[host.made[0][0]].id.clone();
        self.live[group]
            .configuration
            .set("vpc_id", Value::Text(vpc))
            .set("name", format!("tmp-{number}"));
        self.live[group].name = Some(format!("tmp-{number}").into());
        let target = self.add("aws_lb_target_group", &format!("tmp-{number}"), region);
        self.live[target].configuration.set("name", format!("tmp-{number}"));
        let key = self.add("aws_key_pair", &format!("tmp-{number}"), region);
        let snapshot = self.add("aws_ebs_snapshot", "", region);
        self.live[snapshot]
            .configuration
            .set("volume_id", format!("vol-{:017x}", 0xdead_0000 + number));
        let interface = self.add("aws_network_interface", "", region);
        self.live[interface]
            .observed
            .set("attached", false)
            .set("status", "available");
        let template = self.add("aws_launch_template", &format!("tmp-{number}"), region);
        self.live[template].configuration.set("name", format!("tmp-{number}"));
        for orphan in [volume, address, group, target, key, snapshot, interface, template] {
            self.orphans.insert(self.live[orphan].arn.to_string());
        }
        // Nearly: an attached volume, a group that another's rule names, a snapshot whose volume is there.
        let attached = self.add("aws_ebs_volume", "", region);
        self.live[attached]
            .observed
            .set("attached", true)
            .set("status", "in-use");
        let named = self.add("aws_security_group", "", region);
        self.live[named].name = Some(format!("office-{number}").into());
        let id = self.live[named].id.clone();
        let user = self.add("aws_security_group", "", region);
        let rule = Configuration::new().with("security_groups", Value::List(vec![Value::Text(id)]));
        self.live[user]
            .configuration
            .set("ingress", Value::List(vec![rule.into()]));
        let state = self.state(&format!("near{number}"));
        self.claim(state, user, "aws_security_group.user".to_owned());
        let kept = self.add("aws_ebs_snapshot", "", region);
        let id = self.live[attached].id.clone();
        self.live[kept].configuration.set("volume_id", Value::Text(id));
    }

    /// An account of so many stacks, with the copies that `plan` names.
    pub(crate) fn account(self, stacks: usize, plan: &[How]) -> Generated {
        self.account_from(0, stacks, plan)
    }

    /// The same with stacks numbered from `first`.
    pub(crate) fn account_from(mut self, first: usize, stacks: usize, plan: &[How]) -> Generated {
        let mut plan = plan.iter().cycle();
        // Names that must be unique are made from the number: accounts of other numbers can be put together.
        for number in first..first + stacks {
            let mut stack = self.blueprint(number);
            let copied = number % 2 == 0;
            let how = copied.then(|| plan.next().copied()).flatten();
            let state = (how != Some(How::Lost)).then(|| self.state(&format!("stack{number}")));
            stack.state = state.unwrap_or_default();
            self.apply_first(&mut stack, state);
            if let Some(how) = how {
                // After a lost state the copies are the new state's, or again nobody's.
                let new = (how != How::Lost && self.random.chance(50)).then(|| self.state(&format!("new{number}")));
                self.copy(&stack, how, new);
                if how == How::Whole && self.random.chance(25) {
                    self.copy(&stack, how, None);
                }
            }
            if number % 5 == 1 {
                self.lodger(&stack, number);
            }
            if number % 7 == 3 {
                self.litter(number, &stack);
            }
            if number % 10 == 7 {
                self.module_twice(1000 + number);
            }
        }
        self.lookalikes();
        self.finish()
    }

    fn finish(mut self) -> Generated {
        // An address is associated where a gateway names it.
        let used: BTreeSet<String> = self
            .live
            .iter()
            .filter_map(|one| one.configuration.text("allocation_id").map(str::to_owned))
            .collect();
        for one in &mut self.live {
            if one.kind == "aws_eip" && used.contains(&*one.id) {
                one.observed.set("attached", true);
            }
        }
        for claim in &mut self.claims {
            let by_arn = self.live.iter().find(|one| Some(&one.arn) == claim.arn.as_ref());
            claim.configuration = by_arn.map(|one| one.configuration.clone()).unwrap_or_default();
        }
        let (shared, wanted) = self.shared_and_wanted();
        Generated {
            copies: self.copies,
            shared,
            orphans: self.orphans,
            wanted,
            input: Input {
                scan: Scan {
                    scanned_at: second(NOW),
                    accounts: vec![Account {
                        id: ACCOUNT.into(),
                        alias: None,
                        partition: "aws".into(),
                    }],
                    regions: REGIONS.iter().map(|region| Symbol::new(region)).collect(),
                    every_region: true,
                    live: self.live,
                    coverage: coverage(),
                },
                states: self.states,
                claims: self.claims,
                projects: Projects::default(),
                across: Across::Nothing,
            },
        }
    }

    /// Who is used by whom, told by plain search for ids in every text.
    fn shared_and_wanted(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let mut projects: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut states: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for claim in &self.claims {
            let arn = claim.arn.as_deref().expect("an ARN");
            let project = claim
                .tags
                .get("Project")
                .unwrap_or(self.states[claim.state as usize].project.as_str());
            projects.entry(arn).or_default().insert(project);
            states.entry(arn).or_default().insert(claim.state);
        }
        let mut by_text: BTreeMap<&str, &Live> = BTreeMap::new();
        for one in &self.live {
            if prefix(&one.kind).is_some() || one.id.starts_with("arn:") {
                by_text.insert(&one.id, one);
            }
            by_text.insert(&one.arn, one);
        }
        let mut shared = BTreeSet::new();
        let mut wanted = BTreeSet::new();
        for (arn, states) in &states {
            wanted.insert((*arn).to_owned());
            if states.len() > 1 || projects[arn].len() > 1 {
                shared.insert((*arn).to_owned());
            }
        }
        for user in &self.live {
            let mut used = Vec::new();
            for (key, value) in user.configuration.iter() {
                value.each_text(&mut |text| {
                    let target = by_text.get(text).copied().or_else(|| {
                        // Names: of key pairs and of subnet groups.
                        let kind = match key.as_str() {
                            "key_name" => "aws_key_pair",
                            "db_subnet_group_name" => "aws_db_subnet_group",
                            _ => return None,
                        };
                        self.live
                            .iter()
                            .find(|one| one.kind == kind && *one.id == *text && one.region == user.region)
                    });
                    // A snapshot does not need the volume that it was made from.
                    used.extend(target.filter(|target| target.arn != user.arn && key != "volume_id"));
                });
            }
            let none = BTreeSet::new();
            let of_user = projects.get(&*user.arn).unwrap_or(&none);
            for target in used {
                wanted.insert(target.arn.to_string());
                if let Some(own) = projects.get(&*target.arn)
                    && of_user.iter().any(|project| !own.contains(project))
                {
                    shared.insert(target.arn.to_string());
                }
            }
        }
        for one in &self.live {
            let attached = one.observed.get("attached").and_then(Value::as_bool) == Some(true);
            if attached || one.part_of.is_some() {
                wanted.insert(one.arn.to_string());
            }
        }
        (shared, wanted)
    }
}

/// Sets a value at a path with at most one dot; several at one path make a list.
fn put(settings: &mut Configuration, path: &str, value: Value) {
    let Some((block, inner)) = path.split_once('.') else {
        let value = match settings.get(path) {
            Some(Value::List(old)) => Value::List(old.iter().cloned().chain([value]).collect()),
            Some(old) => Value::List(vec![old.clone(), value]),
            None => value,
        };
        settings.set(path, value);
        return;
    };
    let mut old = match settings.get(block) {
        Some(Value::Block(old)) => old.clone(),
        _ => Configuration::new(),
    };
    put(&mut old, inner, value);
    settings.set(block, Value::Block(old));
}

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(at).expect("a time")
}

fn coverage() -> whose::model::Coverage {
    whose::kinds::registry::all()
        .flat_map(|kind| {
            let regions: &[&str] = match kind.scope {
                whose::kinds::facts::Scope::Global => &["global"],
                whose::kinds::facts::Scope::Regional => &REGIONS,
            };
            regions.iter().map(|region| Cell {
                kind: Symbol::known(kind.name),
                account: ACCOUNT.into(),
                region: Symbol::new(region),
                status: CellStatus::Listed,
                count: 0,
                detail: None,
            })
        })
        .collect()
}
