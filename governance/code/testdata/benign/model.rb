class User < ApplicationRecord
  has_secure_password
  validates :email, format: { with: /\A[^@]+@[^@]+\z/ }

  def self.search(name)
    where("name LIKE ?", "%#{name}%")
  end

  def label
    "#{first} #{last}".truncate(20)
  end
end
