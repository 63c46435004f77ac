# The story's old project. Its one load balancer, cluster and VPC serve other projects too.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

# The endpoint comes from AWS_ENDPOINT_URL; the two flags only spare a test the real services.
provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  default_tags {
    tags = local.tags
  }
}

provider "aws" {
  alias                       = "east"
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  default_tags {
    tags = local.tags
  }
}

locals {
  tags = {
    Project   = "platform"
    ManagedBy = "terraform"
  }
}
