# One of each described kind that the story does not need, as far as the emulator answers.
# aws_placement_group and aws_elb are missing: it does not implement the one and the provider
# panics on the other.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region                      = "eu-west-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true

  default_tags {
    tags = {
      Project   = "wide"
      ManagedBy = "terraform"
    }
  }
}

variable "db_password" {
  type      = string
  sensitive = true
  default   = "CANARY-db-password-7f3a"
}
