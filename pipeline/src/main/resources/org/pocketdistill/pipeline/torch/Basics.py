class Basics(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # 3 x sigmoid(x): start-up test of gradients.
  def scaled_silu(self: __torch__.Basics, x: Tensor) -> Tensor:
    return torch.mul(torch.silu(x), 3.)

  # 0 * sum of everything: makes the gradients of all leaves exist.
  def touch(self: __torch__.Basics, ps: List[Tensor]) -> Tensor:
    return torch.mul(torch.sum(torch.stack([torch.sum(p) for p in ps])), 0.)
